// The official Java SDK, unchanged: every family of operations, signed with V1 and with V4. It takes an IP address as a reason to address
// buckets by path, and checks the CRC-64 of what it sends and gets. A line for each check, `ok NAME` or `not ok NAME: why`.

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.*;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

public class OssClient {
  static final String ENDPOINT = System.getenv("CONFORMANCE_ENDPOINT");
  static final String REGION = "cn-hangzhou";
  static final String KEY = "a folder/表单 +%&=?#;.txt";
  static final byte[] CONTENT = "Hello OSS".getBytes();
  static int passed, failed;

  interface Step {
    void run() throws Exception;
  }

  final String version;
  final OSS oss;
  final String bucket = randomName();

  OssClient(String version) {
    this.version = version;
    this.oss = connect(version, System.getenv("CONFORMANCE_KEY_SECRET"));
  }

  public static void main(String[] args) {
    for (String version : List.of("V1", "V4")) {
      OssClient journey = new OssClient(version);
      journey.buckets();
      journey.objects();
      journey.multipart();
      journey.appendAndLinks();
      journey.configuration();
      journey.versions();
      journey.end();
      journey.oss.shutdown();
    }
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(failed > 0 || passed == 0 ? 1 : 0);
  }

  static OSS connect(String version, String secret) {
    ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
    configuration.setSignatureVersion(SignVersion.valueOf(version));
    configuration.setMaxErrorRetry(0);
    return OSSClientBuilder.create()
        .endpoint(ENDPOINT)
        .region(REGION)
        .credentialsProvider(new DefaultCredentialProvider(System.getenv("CONFORMANCE_KEY_ID"), secret))
        .clientConfiguration(configuration)
        .build();
  }

  static String randomName() {
    return "java-" + UUID.randomUUID().toString().substring(0, 12);
  }

  void check(String name, Step step) {
    try {
      step.run();
      passed++;
      System.out.println("ok " + version + ": " + name);
    } catch (Throwable error) {
      failed++;
      String why = String.valueOf(error).replaceAll("\\s+", " ");
      System.out.println("not ok " + version + ": " + name + ": " + why.substring(0, Math.min(400, why.length())));
    }
  }

  static void equal(Object found, Object expected) {
    if (!Objects.deepEquals(found, expected)) throw new AssertionError(found + ", expected " + expected);
  }

  static void refused(String code, Step step) throws Exception {
    try {
      step.run();
    } catch (OSSException error) {
      equal(error.getErrorCode(), code);
      return;
    }
    throw new AssertionError("expected " + code + ", but it went through");
  }

  void put(String key, byte[] body) {
    oss.putObject(bucket, key, new ByteArrayInputStream(body));
  }

  byte[] read(String key) throws Exception {
    try (InputStream content = oss.getObject(bucket, key).getObjectContent()) {
      return content.readAllBytes();
    }
  }

  void buckets() {
    check("create a bucket, find it", () -> {
      oss.createBucket(bucket);
      equal(oss.doesBucketExist(bucket), true);
      equal(oss.doesBucketExist(randomName()), false);
      equal(oss.listBuckets(bucket, null, 10).getBucketList().get(0).getName(), bucket);
    });
    check("bucket information, location, statistics", () -> {
      equal(oss.getBucketInfo(bucket).getBucket().getName(), bucket);
      equal(oss.getBucketLocation(bucket), "oss-" + REGION);
      equal(oss.getBucketStat(bucket).getObjectCount(), 0L);
    });
  }

  void objects() {
    check("put and get", () -> {
      ObjectMetadata metadata = new ObjectMetadata();
      metadata.addUserMetadata("author", "me");
      PutObjectResult put = oss.putObject(bucket, KEY, new ByteArrayInputStream(CONTENT), metadata);
      equal(put.getETag(), "F0F18C2C66AE1DD512BDCD4366F76DA3");
      equal(read(KEY), CONTENT);
      GetObjectRequest ranged = new GetObjectRequest(bucket, KEY);
      ranged.setRange(0, 4);
      equal(oss.getObject(ranged).getObjectContent().readAllBytes(), "Hello".getBytes());
      refused("NoSuchKey", () -> read("absent"));
    });
    check("head, meta, existence", () -> {
      ObjectMetadata head = oss.headObject(bucket, KEY);
      equal(head.getContentLength(), 9L);
      equal(head.getObjectType(), "Normal");
      equal(head.getUserMetadata(), Map.of("author", "me"));
      equal(oss.getSimplifiedObjectMeta(bucket, KEY).getSize(), 9L);
      equal(oss.doesObjectExist(bucket, KEY), true);
      equal(oss.doesObjectExist(bucket, "absent"), false);
    });
    check("lists, page by page, with folders", () -> {
      for (int number = 0; number < 5; number++) put("list/" + number, new byte[0]);
      put("list/sub/deep", new byte[0]);
      List<String> names = new ArrayList<>();
      String token = null;
      do {
        ListObjectsV2Result page = oss.listObjectsV2(bucket, "list/", token, null, "/", 2, null, false);
        page.getObjectSummaries().forEach(object -> names.add(object.getKey()));
        names.addAll(page.getCommonPrefixes());
        token = page.getNextContinuationToken();
      } while (token != null);
      equal(names, List.of("list/0", "list/1", "list/2", "list/3", "list/4", "list/sub/"));
      equal(oss.listObjects(bucket, "a folder/").getObjectSummaries().get(0).getKey(), KEY);
    });
    check("copy", () -> {
      oss.copyObject(bucket, KEY, bucket, "copied");
      equal(read("copied"), CONTENT);
    });
    check("ACLs and tags", () -> {
      oss.setObjectAcl(bucket, KEY, CannedAccessControlList.PublicRead);
      equal(oss.getObjectAcl(bucket, KEY).getPermission(), ObjectPermission.PublicRead);
      oss.setObjectTagging(bucket, KEY, Map.of("a", "1"));
      equal(oss.getObjectTagging(bucket, KEY).getAllTags(), Map.of("a", "1"));
      oss.deleteObjectTagging(bucket, KEY);
    });
    check("signed addresses", () -> {
      Date soon = new Date(System.currentTimeMillis() + 60_000);
      GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(bucket, "signed", HttpMethod.PUT);
      request.setExpiration(soon);
      HttpURLConnection put = (HttpURLConnection) oss.generatePresignedUrl(request).openConnection();
      put.setRequestMethod("PUT");
      put.setDoOutput(true);
      put.getOutputStream().write(CONTENT);
      equal(put.getResponseCode(), 200);
      URL get = oss.generatePresignedUrl(bucket, "signed", soon);
      equal(get.openStream().readAllBytes(), CONTENT);
    });
    check("a wrong secret", () ->
        refused("SignatureDoesNotMatch", () -> connect(version, "wrong").getObject(bucket, KEY)));
  }

  void multipart() {
    check("multipart: parts, a copied part, listed, completed", () -> {
      String upload = oss.initiateMultipartUpload(new InitiateMultipartUploadRequest(bucket, "multipart")).getUploadId();
      byte[] first = new byte[102400];
      Arrays.fill(first, (byte) '1');
      put("source", first);
      List<PartETag> parts = new ArrayList<>();
      parts.add(oss.uploadPart(new UploadPartRequest(bucket, "multipart", upload, 1, new ByteArrayInputStream(first), first.length)).getPartETag());
      parts.add(oss.uploadPartCopy(new UploadPartCopyRequest(bucket, "source", bucket, "multipart", upload, 2, 0L, 1000L)).getPartETag());
      equal(oss.listParts(new ListPartsRequest(bucket, "multipart", upload)).getParts().size(), 2);
      equal(oss.listMultipartUploads(new ListMultipartUploadsRequest(bucket)).getMultipartUploads().get(0).getKey(), "multipart");
      CompleteMultipartUploadResult done =
          oss.completeMultipartUpload(new CompleteMultipartUploadRequest(bucket, "multipart", upload, parts));
      equal(done.getETag().endsWith("-2"), true);
      equal(read("multipart").length, 103400);
    });
    check("multipart: aborted", () -> {
      String upload = oss.initiateMultipartUpload(new InitiateMultipartUploadRequest(bucket, "aborted")).getUploadId();
      oss.abortMultipartUpload(new AbortMultipartUploadRequest(bucket, "aborted", upload));
      refused("NoSuchUpload", () -> oss.listParts(new ListPartsRequest(bucket, "aborted", upload)));
    });
  }

  void appendAndLinks() {
    check("append", () -> {
      AppendObjectRequest request = new AppendObjectRequest(bucket, "appended", new ByteArrayInputStream("one ".getBytes()));
      request.setPosition(0L);
      AppendObjectResult first = oss.appendObject(request);
      equal(first.getNextPosition(), 4L);
      AppendObjectRequest next = new AppendObjectRequest(bucket, "appended", new ByteArrayInputStream("two".getBytes()));
      next.setPosition(4L);
      next.setInitCRC(first.getClientCRC());
      oss.appendObject(next);
      equal(read("appended"), "one two".getBytes());
    });
    check("symbolic links", () -> {
      oss.createSymlink(bucket, "link", "copied");
      equal(oss.getSymlink(bucket, "link").getTarget(), "copied");
      equal(read("link"), CONTENT);
    });
  }

  void configuration() {
    check("CORS, lifecycle, policy, referer, website, encryption, tags", () -> {
      SetBucketCORSRequest cors = new SetBucketCORSRequest(bucket);
      SetBucketCORSRequest.CORSRule rule = new SetBucketCORSRequest.CORSRule();
      rule.setAllowedOrigins(List.of("*"));
      rule.setAllowedMethods(List.of("POST"));
      cors.addCorsRule(rule);
      oss.setBucketCORS(cors);
      equal(oss.getBucketCORSRules(bucket).get(0).getAllowedMethods(), List.of("POST"));
      oss.deleteBucketCORSRules(bucket);

      SetBucketLifecycleRequest lifecycle = new SetBucketLifecycleRequest(bucket);
      lifecycle.AddLifecycleRule(new LifecycleRule("temporary", "tmp/", LifecycleRule.RuleStatus.Enabled, 3));
      oss.setBucketLifecycle(lifecycle);
      equal(oss.getBucketLifecycle(bucket).get(0).getExpirationDays(), 3);
      oss.deleteBucketLifecycle(bucket);

      String policy =
          "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":[\"*\"],\"Action\":[\"oss:GetObject\"],"
              + "\"Resource\":[\"acs:oss:*:*:" + bucket + "/*\"]}]}";
      oss.setBucketPolicy(bucket, policy);
      equal(new URL(ENDPOINT + "/" + bucket + "/copied").openStream().readAllBytes(), CONTENT);
      oss.deleteBucketPolicy(bucket);

      oss.setBucketReferer(bucket, new BucketReferer(true, new ArrayList<>(List.of("http://*.example.com"))));
      equal(oss.getBucketReferer(bucket).getRefererList(), List.of("http://*.example.com"));

      SetBucketWebsiteRequest website = new SetBucketWebsiteRequest(bucket);
      website.setIndexDocument("index.html");
      oss.setBucketWebsite(website);
      equal(oss.getBucketWebsite(bucket).getIndexDocument(), "index.html");
      oss.deleteBucketWebsite(bucket);

      ServerSideEncryptionByDefault aes = new ServerSideEncryptionByDefault(SSEAlgorithm.AES256);
      ServerSideEncryptionConfiguration encryption = new ServerSideEncryptionConfiguration();
      encryption.setApplyServerSideEncryptionByDefault(aes);
      oss.setBucketEncryption(new SetBucketEncryptionRequest(bucket, encryption));
      oss.deleteBucketEncryption(bucket);

      oss.setBucketTagging(bucket, Map.of("a", "1"));
      equal(oss.getBucketTagging(new GenericRequest(bucket)).getAllTags(), Map.of("a", "1"));
    });
  }

  void versions() {
    check("versions: written, listed, deleted", () -> {
      String versioned = randomName();
      oss.createBucket(versioned);
      oss.setBucketVersioning(new SetBucketVersioningRequest(versioned, new BucketVersioningConfiguration(BucketVersioningConfiguration.ENABLED)));
      String first = oss.putObject(versioned, "key", new ByteArrayInputStream(CONTENT)).getVersionId();
      oss.deleteObject(versioned, "key");
      VersionListing listing = oss.listVersions(versioned, "");
      equal(listing.getVersionSummaries().size(), 2);
      equal(listing.getVersionSummaries().stream().anyMatch(summary -> summary.getVersionId().equals(first)), true);
      for (OSSVersionSummary summary : listing.getVersionSummaries())
        oss.deleteVersion(versioned, summary.getKey(), summary.getVersionId());
      oss.deleteBucket(versioned);
    });
  }

  void end() {
    check("delete many, and the bucket", () -> {
      refused("BucketNotEmpty", () -> oss.deleteBucket(bucket));
      List<String> keys = new ArrayList<>();
      oss.listObjectsV2(bucket).getObjectSummaries().forEach(object -> keys.add(object.getKey()));
      equal(oss.deleteObjects(new DeleteObjectsRequest(bucket).withKeys(keys)).getDeletedObjects().size(), keys.size());
      oss.deleteBucket(bucket);
    });
  }
}
