// Names of objects that every client must bring there and back.

/** Names that lose something if anything on their way is encoded once too often or too rarely. */
export const oddNames = [
  '简历/张三.pdf',
  'a b.txt',
  'a+b.txt',
  'a%20b.txt',
  '100%.txt',
  'a#b.txt',
  'a?b=c&d.txt',
  `'quoted' "twice" <&>.txt`,
  'folder//empty.txt',
  'directory/',
  '~!*().txt',
  'emoji-😀.txt',
];
