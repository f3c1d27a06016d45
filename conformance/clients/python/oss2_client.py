# oss2, the official Python SDK, unchanged: every family of operations, signed with V1 and with V4. It takes an IP address as a reason to
# address buckets by path, sends "/" in names as %2F, and checks the CRC-64 of what it sends and gets.

import json
import uuid

import oss2
import requests
from checks import ENDPOINT, KEY_ID, KEY_SECRET, REGION, Checks, equal, refused
from oss2.models import (
    AbortMultipartUpload,
    BucketLogging,
    BucketReferer,
    BucketWebsite,
    CorsRule,
    BucketCors,
    LifecycleExpiration,
    LifecycleRule,
    BucketLifecycle,
    PartInfo,
    ServerSideEncryptionRule,
    Tagging,
    TaggingRule,
    BatchDeleteObjectVersion,
    BatchDeleteObjectVersionList,
    BucketVersioningConfig,
)

checks = Checks()
check = checks.check
SIGNERS = {"V1": oss2.Auth(KEY_ID, KEY_SECRET), "V4": oss2.AuthV4(KEY_ID, KEY_SECRET)}
KEY = "a folder/表单 +%&=?#;.txt"
CONTENT = b"Hello OSS"


def code_of(error):
    return getattr(error, "code", type(error).__name__)


def journey(version, auth):
    name = f"python-{uuid.uuid4().hex[:12]}"
    bucket = oss2.Bucket(auth, ENDPOINT, name, region=REGION)
    service = oss2.Service(auth, ENDPOINT, region=REGION)

    def here(what):
        return check(f"{version}: {what}")

    @here("create a bucket")
    def _():
        bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE)

    @here("a bucket among the others")
    def _():
        found = [entry for entry in service.list_buckets(prefix=name).buckets]
        equal([entry.name for entry in found], [name])
        equal(found[0].location, f"oss-{REGION}")
        assert found[0].extranet_endpoint and found[0].storage_class == "Standard"

    @here("bucket information, location, statistics")
    def _():
        info = bucket.get_bucket_info()
        equal(info.name, name)
        equal(info.acl.grant, "private")
        equal(bucket.get_bucket_location().location, f"oss-{REGION}")
        equal(bucket.get_bucket_stat().object_count, 0)

    @here("put and get an object")
    def _():
        put = bucket.put_object(KEY, CONTENT, headers={"x-oss-meta-author": "me", "Content-Type": "text/x-note"})
        equal(put.status, 200)
        equal(put.etag, "F0F18C2C66AE1DD512BDCD4366F76DA3")
        got = bucket.get_object(KEY)
        equal(got.read(), CONTENT)
        equal(got.headers["x-oss-meta-author"], "me")
        equal(got.content_type, "text/x-note")
        equal(got.client_crc, got.server_crc)

    @here("put a stream without a known length")
    def _():
        bucket.put_object("chunked", (piece for piece in [b"one ", b"two"]))
        equal(bucket.get_object("chunked").read(), b"one two")

    @here("ranges, as asked and as OSS falls back")
    def _():
        equal(bucket.get_object(KEY, byte_range=(0, 4)).read(), b"Hello")
        equal(bucket.get_object(KEY, byte_range=(None, 3)).read(), b"OSS")
        equal(bucket.get_object(KEY, byte_range=(100, 200)).read(), CONTENT)
        standard = {"x-oss-range-behavior": "standard"}
        refused("InvalidRange", lambda: bucket.get_object(KEY, byte_range=(100, 200), headers=standard), code_of)

    @here("head, meta, existence")
    def _():
        head = bucket.head_object(KEY)
        equal(head.content_length, len(CONTENT))
        equal(head.object_type, "Normal")
        equal(bucket.get_object_meta(KEY).content_length, len(CONTENT))
        assert bucket.object_exists(KEY) and not bucket.object_exists("absent")
        error = refused("NoSuchKey", lambda: bucket.head_object("absent"), code_of)
        equal(error.status, 404)

    @here("conditions of reading")
    def _():
        etag = bucket.head_object(KEY).etag
        refused("NotModified", lambda: bucket.get_object(KEY, headers={"If-None-Match": etag}), lambda e: type(e).__name__)
        refused("PreconditionFailed", lambda: bucket.get_object(KEY, headers={"If-Match": "other"}), lambda e: type(e).__name__)

    @here("what is compressible is compressed for who asks")
    def _():
        text = b"text " * 1000
        bucket.put_object("compressible.txt", text)
        got = bucket.get_object("compressible.txt", headers={"Accept-Encoding": "gzip"})
        equal(got.read(), text)
        equal(got.headers.get("Content-Encoding"), "gzip")
        assert got.content_length is None

    @here("no overwriting when forbidden")
    def _():
        forbid = {"x-oss-forbid-overwrite": "true"}
        refused("FileAlreadyExists", lambda: bucket.put_object(KEY, b"x", headers=forbid), code_of)

    @here("lists, page by page, with folders")
    def _():
        for number in range(7):
            bucket.put_object(f"list/{number}", b"")
        bucket.put_object("list/sub/deep", b"")
        found = [entry.key for entry in oss2.ObjectIterator(bucket, prefix="list/", delimiter="/", max_keys=3)]
        equal(found, [f"list/{number}" for number in range(7)] + ["list/sub/"])
        found = [entry.key for entry in oss2.ObjectIteratorV2(bucket, prefix="list/", delimiter="/", max_keys=3)]
        equal(found, [f"list/{number}" for number in range(7)] + ["list/sub/"])
        listed = bucket.list_objects(prefix="a folder/").object_list[0]
        equal([listed.key, listed.size, listed.type, listed.storage_class], [KEY, len(CONTENT), "Normal", "Standard"])

    @here("copy, with other metadata, and with a condition")
    def _():
        bucket.copy_object(name, KEY, "copied")
        equal(bucket.head_object("copied").headers["x-oss-meta-author"], "me")
        replace = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-author": "you"}
        bucket.copy_object(name, KEY, "copied", headers=replace)
        equal(bucket.head_object("copied").headers["x-oss-meta-author"], "you")
        refused(
            "PreconditionFailed",
            lambda: bucket.copy_object(name, KEY, "copied", headers={"x-oss-copy-source-if-match": "other"}),
            lambda e: type(e).__name__,
        )

    @here("multipart: parts, a copied part, listed, completed")
    def _():
        first, last = b"1" * 102400, b"the end"
        upload = bucket.init_multipart_upload("multipart")
        parts = [PartInfo(1, bucket.upload_part("multipart", upload.upload_id, 1, first).etag)]
        bucket.put_object("source", b"2" * 200000)
        copied = bucket.upload_part_copy(name, "source", (0, 102399), "multipart", upload.upload_id, 2)
        parts.append(PartInfo(2, copied.etag))
        parts.append(PartInfo(3, bucket.upload_part("multipart", upload.upload_id, 3, last).etag))
        listed = list(oss2.PartIterator(bucket, "multipart", upload.upload_id, max_parts=2))
        equal([part.part_number for part in listed], [1, 2, 3])
        equal([entry.key for entry in oss2.MultipartUploadIterator(bucket)], ["multipart"])
        done = bucket.complete_multipart_upload("multipart", upload.upload_id, parts)
        assert done.etag.endswith("-3")
        equal(bucket.get_object("multipart").read(), first + b"2" * 102400 + last)
        equal(bucket.head_object("multipart").object_type, "Multipart")

    @here("multipart: what is refused")
    def _():
        upload = bucket.init_multipart_upload("refused")
        small = [PartInfo(n, bucket.upload_part("refused", upload.upload_id, n, b"x").etag) for n in (1, 2)]
        complete = lambda parts: lambda: bucket.complete_multipart_upload("refused", upload.upload_id, parts)
        refused("EntityTooSmall", complete(small), code_of)
        refused("InvalidPart", complete([PartInfo(1, "0" * 32)]), code_of)
        bucket.abort_multipart_upload("refused", upload.upload_id)
        refused("NoSuchUpload", complete(small), code_of)

    @here("multipart: the resumable upload of the SDK")
    def _():
        import os, tempfile

        content = os.urandom(1_500_000)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            oss2.resumable_upload(bucket, "resumable", file.name, multipart_threshold=200_000, part_size=204_800, num_threads=3)
        equal(bucket.get_object("resumable").read(), content)

    @here("append, and where it is refused")
    def _():
        first = bucket.append_object("appended", 0, b"one ")
        equal(first.next_position, 4)
        bucket.append_object("appended", 4, b"two", init_crc=first.crc)
        equal(bucket.get_object("appended").read(), b"one two")
        refused("PositionNotEqualToLength", lambda: bucket.append_object("appended", 4, b"x"), code_of)
        refused("ObjectNotAppendable", lambda: bucket.append_object(KEY, 0, b"x"), code_of)

    @here("symbolic links")
    def _():
        bucket.put_symlink(KEY, "link")
        equal(bucket.get_symlink("link").target_key, KEY)
        equal(bucket.get_object("link").read(), CONTENT)
        equal(bucket.head_object("link").object_type, "Symlink")

    @here("ACLs of buckets and objects")
    def _():
        equal(bucket.get_object_acl(KEY).acl, "default")
        bucket.put_object_acl(KEY, oss2.OBJECT_ACL_PUBLIC_READ)
        equal(bucket.get_object_acl(KEY).acl, "public-read")
        equal(requests.get(f"{ENDPOINT}/{name}/{requests.utils.quote(KEY)}").content, CONTENT)
        bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
        equal(bucket.get_bucket_acl().acl, "public-read")
        bucket.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)

    @here("tags of objects")
    def _():
        rule = TaggingRule()
        rule.add("type", "resume")
        rule.add("year", "2026")
        bucket.put_object_tagging(KEY, Tagging(rule))
        equal(dict(bucket.get_object_tagging(KEY).tag_set.tagging_rule), {"type": "resume", "year": "2026"})
        bucket.put_object("tagged", b"", headers={"x-oss-tagging": "a=1&b=2"})
        equal(bucket.head_object("tagged").headers["x-oss-tagging-count"], "2")
        bucket.delete_object_tagging("tagged")
        equal(dict(bucket.get_object_tagging("tagged").tag_set.tagging_rule), {})

    @here("tags of buckets")
    def _():
        rule = TaggingRule()
        rule.add("team", "hr")
        bucket.put_bucket_tagging(Tagging(rule))
        equal(dict(bucket.get_bucket_tagging().tag_set.tagging_rule), {"team": "hr"})
        bucket.delete_bucket_tagging()
        equal(dict(bucket.get_bucket_tagging().tag_set.tagging_rule), {})

    @here("signed addresses")
    def _():
        address = bucket.sign_url("PUT", "signed", 60, slash_safe=True)
        equal(requests.put(address, data=b"by address").status_code, 200)
        equal(requests.get(bucket.sign_url("GET", "signed", 60)).content, b"by address")
        params = {"response-content-type": "text/plain; charset=utf-8"}
        equal(requests.get(bucket.sign_url("GET", KEY, 60, params=params)).headers["Content-Type"], params["response-content-type"])

    @here("CORS")
    def _():
        rule = CorsRule(allowed_origins=["*"], allowed_methods=["POST", "GET"], allowed_headers=["*"], max_age_seconds=60)
        bucket.put_bucket_cors(BucketCors([rule]))
        equal(bucket.get_bucket_cors().rules[0].allowed_methods, ["POST", "GET"])
        bucket.delete_bucket_cors()
        refused("NoSuchCors", bucket.get_bucket_cors, lambda e: type(e).__name__)

    @here("lifecycle")
    def _():
        rule = LifecycleRule(
            "temporary",
            "tmp/",
            status=LifecycleRule.ENABLED,
            expiration=LifecycleExpiration(days=3),
            abort_multipart_upload=AbortMultipartUpload(days=1),
        )
        bucket.put_bucket_lifecycle(BucketLifecycle([rule]))
        found = bucket.get_bucket_lifecycle().rules[0]
        equal([found.id, found.prefix, found.expiration.days, found.abort_multipart_upload.days], ["temporary", "tmp/", 3, 1])
        bucket.delete_bucket_lifecycle()
        refused("NoSuchLifecycle", bucket.get_bucket_lifecycle, lambda e: type(e).__name__)

    @here("policy of a bucket")
    def _():
        policy = {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": ["*"],
                    "Action": ["oss:GetObject"],
                    "Resource": [f"acs:oss:*:*:{name}/open/*"],
                }
            ],
        }
        bucket.put_bucket_policy(json.dumps(policy))
        equal(json.loads(bucket.get_bucket_policy().policy), policy)
        bucket.put_object("open/door", b"welcome")
        equal(requests.get(f"{ENDPOINT}/{name}/open/door").content, b"welcome")
        equal(requests.get(f"{ENDPOINT}/{name}/copied").status_code, 403)
        bucket.delete_bucket_policy()
        equal(requests.get(f"{ENDPOINT}/{name}/open/door").status_code, 403)

    @here("referer, website, logging, encryption, payer")
    def _():
        bucket.put_bucket_referer(BucketReferer(True, ["http://*.example.com"]))
        equal(bucket.get_bucket_referer().referers, ["http://*.example.com"])
        bucket.put_bucket_referer(BucketReferer(True, []))
        bucket.put_bucket_website(BucketWebsite("index.html", "error.html"))
        equal(bucket.get_bucket_website().index_file, "index.html")
        bucket.delete_bucket_website()
        refused("NoSuchWebsite", bucket.get_bucket_website, lambda e: type(e).__name__)
        bucket.put_bucket_logging(BucketLogging(name, "logs/"))
        equal(bucket.get_bucket_logging().target_prefix, "logs/")
        bucket.delete_bucket_logging()
        rule = ServerSideEncryptionRule()
        rule.sse_algorithm = oss2.SERVER_SIDE_ENCRYPTION_AES256
        bucket.put_bucket_encryption(rule)
        equal(bucket.get_bucket_encryption().sse_algorithm, "AES256")
        bucket.delete_bucket_encryption()
        bucket.put_bucket_request_payment("BucketOwner")
        equal(bucket.get_bucket_request_payment().payer, "BucketOwner")

    @here("delete one, and many at once")
    def _():
        equal(bucket.delete_object("absent").status, 204)
        deleted = bucket.batch_delete_objects(["copied", KEY, "absent"]).deleted_keys
        equal(sorted(deleted), sorted(["copied", KEY, "absent"]))
        assert not bucket.object_exists(KEY)

    @here("versions: written, listed, deleted, restored")
    def _():
        versioned(service, auth)

    @here("a wrong secret, an unknown key")
    def _():
        make = type(auth)
        for key, secret, code in [(KEY_ID, "wrong", "SignatureDoesNotMatch"), ("nobody", KEY_SECRET, "InvalidAccessKeyId")]:
            stranger = oss2.Bucket(make(key, secret), ENDPOINT, name, region=REGION)
            refused(code, lambda: stranger.get_object("signed"), code_of)

    @here("a bucket that is not empty, and one that is")
    def _():
        refused("BucketNotEmpty", bucket.delete_bucket, code_of)
        for upload in oss2.MultipartUploadIterator(bucket):
            bucket.abort_multipart_upload(upload.key, upload.upload_id)
        for entry in oss2.ObjectIterator(bucket):
            bucket.delete_object(entry.key)
        for channel in oss2.LiveChannelIterator(bucket):
            raise AssertionError(f"a live channel {channel.name}")
        bucket.delete_bucket()
        refused("NoSuchBucket", lambda: bucket.get_object("x"), code_of)


def versioned(service, auth):
    bucket = oss2.Bucket(auth, ENDPOINT, f"python-{uuid.uuid4().hex[:12]}", region=REGION)
    bucket.create_bucket()
    bucket.put_object("key", b"before")
    config = BucketVersioningConfig(oss2.BUCKET_VERSIONING_ENABLE)
    bucket.put_bucket_versioning(config)
    equal(bucket.get_bucket_versioning().status, "Enabled")
    second = bucket.put_object("key", b"second").versionid
    equal(bucket.get_object("key", params={"versionId": "null"}).read(), b"before")
    marker = bucket.delete_object("key")
    assert marker.delete_marker and marker.versionid
    refused("NoSuchKey", lambda: bucket.get_object("key"), code_of)
    listed = bucket.list_object_versions()
    equal([entry.versionid for entry in listed.versions], [second, "null"])
    equal([entry.versionid for entry in listed.delete_marker], [marker.versionid])
    bucket.delete_object("key", params={"versionId": marker.versionid})
    equal(bucket.get_object("key").read(), b"second")
    rest = BatchDeleteObjectVersionList([BatchDeleteObjectVersion("key", one) for one in (second, "null")])
    bucket.delete_object_versions(rest)
    bucket.delete_bucket()


for version, auth in SIGNERS.items():
    journey(version, auth)
checks.finish()
