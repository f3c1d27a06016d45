// Node's modules for HTTP and TLS, got as `require` gets them. An `import` of node:http reads every export to pass it on, among them one
// that loads all of fetch: 50 ms of processor time at each start, and 13 MB in every server (Node 24). TLS takes another 30 ms and 7 MB,
// which only those pay who have a certificate, or a callback to an https address.

export const nodeHttp = process.getBuiltinModule('node:http');

export const loadNodeHttps = () => process.getBuiltinModule('node:https');

export const loadNodeTls = () => process.getBuiltinModule('node:tls');
