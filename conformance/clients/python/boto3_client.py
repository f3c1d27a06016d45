# boto3, the Python SDK of the other dialect, unchanged: forms as `generate_presigned_post` makes them, and calls signed with V4 and V2.

import json
import uuid

import boto3
import requests
from botocore.client import Config
from botocore.exceptions import ClientError
from checks import ENDPOINT, KEY_ID, KEY_SECRET, REGION, Checks, equal, refused

checks = Checks()
check = checks.check
CONTENT = b"Hello OSS"


def connect(version, secret=KEY_SECRET, **config):
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=secret,
        region_name=REGION,
        config=Config(signature_version=version, s3={"addressing_style": "path"}, retries={"max_attempts": 0}, **config),
    )


def code_of(error):
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def code_in(answer):
    return answer.text.split("<Code>")[1].split("</Code>")[0]


def journey(title, s3, has_forms_of):
    name = f"python-{uuid.uuid4().hex[:12]}"

    def here(what):
        return check(f"{title}: {what}")

    @here("create a bucket, find it")
    def _():
        s3.create_bucket(Bucket=name)
        s3.head_bucket(Bucket=name)
        assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

    @here("put, head, get")
    def _():
        put = s3.put_object(Bucket=name, Key="a/表单.txt", Body=CONTENT, ContentType="text/x-note", Metadata={"author": "me"})
        equal(put["ETag"], '"f0f18c2c66ae1dd512bdcd4366f76da3"')
        head = s3.head_object(Bucket=name, Key="a/表单.txt")
        equal([head["ContentLength"], head["ContentType"], head["Metadata"]], [9, "text/x-note", {"author": "me"}])
        equal(s3.get_object(Bucket=name, Key="a/表单.txt")["Body"].read(), CONTENT)
        equal(s3.get_object(Bucket=name, Key="a/表单.txt", Range="bytes=6-8")["Body"].read(), b"OSS")
        refused("NoSuchKey", lambda: s3.get_object(Bucket=name, Key="absent"), code_of)
        refused("404", lambda: s3.head_object(Bucket=name, Key="absent"), code_of)

    @here("list, both ways")
    def _():
        for number in range(5):
            s3.put_object(Bucket=name, Key=f"list/{number}", Body=b"")
        s3.put_object(Bucket=name, Key="list/sub/deep", Body=b"")
        for operation in ("list_objects", "list_objects_v2"):
            pages = s3.get_paginator(operation).paginate(Bucket=name, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 2})
            keys, prefixes = [], []
            for page in pages:
                keys += [entry["Key"] for entry in page.get("Contents", [])]
                prefixes += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
            equal([keys, prefixes], [[f"list/{number}" for number in range(5)], ["list/sub/"]], operation)

    @here("copy")
    def _():
        s3.copy_object(Bucket=name, Key="copied", CopySource={"Bucket": name, "Key": "a/表单.txt"})
        equal(s3.get_object(Bucket=name, Key="copied")["Body"].read(), CONTENT)

    @here("multipart")
    def _():
        upload = s3.create_multipart_upload(Bucket=name, Key="multipart")["UploadId"]
        bodies = [b"1" * 5 * 1024**2, b"the end"]
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(Bucket=name, Key="multipart", UploadId=upload, PartNumber=number, Body=body)["ETag"]}
            for number, body in enumerate(bodies, 1)
        ]
        equal([part["PartNumber"] for part in s3.list_parts(Bucket=name, Key="multipart", UploadId=upload)["Parts"]], [1, 2])
        s3.complete_multipart_upload(Bucket=name, Key="multipart", UploadId=upload, MultipartUpload={"Parts": parts})
        equal(s3.get_object(Bucket=name, Key="multipart")["Body"].read(), b"".join(bodies))

    @here("ACL, CORS, policy, tags")
    def _():
        s3.put_object_acl(Bucket=name, Key="copied", ACL="public-read")
        equal(requests.get(f"{ENDPOINT}/{name}/copied").content, CONTENT)
        s3.put_bucket_acl(Bucket=name, ACL="private")
        assert s3.get_bucket_acl(Bucket=name)["Grants"]
        rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"]}
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
        equal(s3.get_bucket_cors(Bucket=name)["CORSRules"][0]["AllowedMethods"], ["POST"])
        s3.put_object_tagging(Bucket=name, Key="copied", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
        equal(s3.get_object_tagging(Bucket=name, Key="copied")["TagSet"], [{"Key": "a", "Value": "1"}])

    @here("addresses signed for a while")
    def _():
        address = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "copied"}, ExpiresIn=60)
        equal(requests.get(address).content, CONTENT)
        address = s3.generate_presigned_url("put_object", Params={"Bucket": name, "Key": "by-address"}, ExpiresIn=60)
        equal(requests.put(address, data=CONTENT).status_code, 200)

    @here("a form")
    def _():
        conditions = [["starts-with", "$Content-Type", "text/"], {"success_action_status": "201"}, ["content-length-range", 1, 100]]
        fields = {"success_action_status": "201", "Content-Type": "text/plain"}
        form = s3.generate_presigned_post(name, "forms/${filename}", Fields=fields, Conditions=conditions, ExpiresIn=60)
        answer = requests.post(form["url"], data=form["fields"], files={"file": ("résumé.txt", CONTENT)})
        equal([answer.status_code, "<Key>forms/résumé.txt</Key>" in answer.text], [201, True], answer.text)
        equal(s3.get_object(Bucket=name, Key="forms/résumé.txt")["Body"].read(), CONTENT)
        large = requests.post(form["url"], data=form["fields"], files={"file": ("large.txt", b"x" * 101)})
        equal([large.status_code, code_in(large)], [400, "EntityTooLarge"])
        extra = requests.post(form["url"], data={**form["fields"], "x-amz-meta-extra": "1"}, files={"file": ("extra.txt", b"x")})
        equal([extra.status_code, code_in(extra)], [403, "AccessDenied"])

    @here("a wrong secret")
    def _():
        refused("SignatureDoesNotMatch", lambda: connect(has_forms_of, "wrong").get_object(Bucket=name, Key="copied"), code_of)

    @here("delete many, and the bucket")
    def _():
        refused("BucketNotEmpty", lambda: s3.delete_bucket(Bucket=name), code_of)
        keys = [{"Key": entry["Key"]} for entry in s3.list_objects_v2(Bucket=name)["Contents"]]
        s3.delete_objects(Bucket=name, Delete={"Objects": keys})
        s3.delete_bucket(Bucket=name)
        refused("NoSuchBucket", lambda: s3.list_objects_v2(Bucket=name), code_of)


journey("V4", connect("s3v4"), "s3v4")
journey("V2", connect("s3"), "s3")
checks.finish()
