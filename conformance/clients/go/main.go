// The official Go SDK (v2), unchanged: every family of operations, signed with V1 and with V4. It takes an IP address as a reason to
// address buckets by path, and checks the CRC-64 of what it sends and gets. A line for each check, `ok NAME` or `not ok NAME: why`.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const (
	region = "cn-hangzhou"
	key    = "a folder/表单 +%&=?#;.txt"
)

var (
	content        = []byte("Hello OSS")
	ctx            = context.Background()
	passed, failed int
)

type journey struct {
	version string
	client  *oss.Client
	bucket  *string
}

// check runs one check; what it panics with is why it failed.
func (j *journey) check(name string, run func()) {
	name = j.version + ": " + name
	defer func() {
		if reason := recover(); reason != nil {
			failed++
			fmt.Printf("not ok %s: %s\n", name, clip(fmt.Sprint(reason)))
			return
		}
		passed++
		fmt.Printf("ok %s\n", name)
	}()
	run()
}

func clip(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 400 {
		return text[:400]
	}
	return text
}

func must[Result any](result Result, err error) Result {
	if err != nil {
		panic(err)
	}
	return result
}

func equal(found, expected any) {
	if !reflect.DeepEqual(found, expected) {
		panic(fmt.Sprintf("%#v, expected %#v", found, expected))
	}
}

func refused(code string, err error) {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		panic(fmt.Sprintf("expected %s, got %v", code, err))
	}
	equal(service.Code, code)
}

func randomName() string {
	suffix := make([]byte, 6)
	must(rand.Read(suffix))
	return "go-" + hex.EncodeToString(suffix)
}

func connect(version, secret string) *oss.Client {
	signature := oss.SignatureVersionV4
	if version == "V1" {
		signature = oss.SignatureVersionV1
	}
	return oss.NewClient(oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(os.Getenv("CONFORMANCE_KEY_ID"), secret)).
		WithRegion(region).
		WithEndpoint(os.Getenv("CONFORMANCE_ENDPOINT")).
		WithSignatureVersion(signature).
		WithRetryMaxAttempts(1))
}

func main() {
	for _, version := range []string{"V1", "V4"} {
		j := &journey{version, connect(version, os.Getenv("CONFORMANCE_KEY_SECRET")), oss.Ptr(randomName())}
		j.buckets()
		j.objects()
		j.multipart()
		j.appendAndLinks()
		j.configuration()
		j.versions()
		j.end()
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func (j *journey) put(name string, body []byte) *oss.PutObjectResult {
	return must(j.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: j.bucket, Key: oss.Ptr(name), Body: bytes.NewReader(body)}))
}

func (j *journey) read(name string) []byte {
	got := must(j.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: j.bucket, Key: oss.Ptr(name)}))
	defer got.Body.Close()
	return must(io.ReadAll(got.Body))
}

func (j *journey) buckets() {
	j.check("create a bucket, find it", func() {
		must(j.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: j.bucket}))
		must(j.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: j.bucket}))
		equal(must(j.client.IsBucketExist(ctx, *j.bucket)), true)
		equal(must(j.client.IsBucketExist(ctx, *j.bucket+"-absent")), false)
		found := must(j.client.ListBuckets(ctx, &oss.ListBucketsRequest{Prefix: j.bucket}))
		equal(len(found.Buckets), 1)
		equal(*found.Buckets[0].Name, *j.bucket)
	})
	j.check("bucket information, location, statistics", func() {
		info := must(j.client.GetBucketInfo(ctx, &oss.GetBucketInfoRequest{Bucket: j.bucket})).BucketInfo
		equal(*info.Name, *j.bucket)
		equal(*info.ACL, "private")
		if info.ResourceGroupId == nil {
			panic("no ResourceGroupId")
		}
		equal(*must(j.client.GetBucketLocation(ctx, &oss.GetBucketLocationRequest{Bucket: j.bucket})).LocationConstraint, "oss-"+region)
		stat := must(j.client.GetBucketStat(ctx, &oss.GetBucketStatRequest{Bucket: j.bucket}))
		equal([]int64{stat.Storage, stat.ObjectCount, stat.MultipartUploadCount, stat.LiveChannelCount, stat.LastModifiedTime}, make([]int64, 5))
	})
}

func (j *journey) objects() {
	j.check("put and get", func() {
		put := must(j.client.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: j.bucket, Key: oss.Ptr(key), Body: bytes.NewReader(content), Metadata: map[string]string{"author": "me"},
		}))
		equal(*put.ContentMD5, "8PGMLGauHdUSvc1DZvdtow==")
		equal(*put.HashCRC64, "5213097489099810948")
		equal(put.VersionId, (*string)(nil))
		equal(j.read(key), content)
		ranged := must(j.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: j.bucket, Key: oss.Ptr(key), Range: oss.Ptr("bytes=0-4")}))
		equal(must(io.ReadAll(ranged.Body)), []byte("Hello"))
	})
	j.check("head, meta, existence", func() {
		head := must(j.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: j.bucket, Key: oss.Ptr(key)}))
		equal(head.ContentLength, int64(9))
		equal(*head.ObjectType, "Normal")
		equal(head.Metadata, map[string]string{"author": "me"})
		must(j.client.GetObjectMeta(ctx, &oss.GetObjectMetaRequest{Bucket: j.bucket, Key: oss.Ptr(key)}))
		equal(must(j.client.IsObjectExist(ctx, *j.bucket, key)), true)
		equal(must(j.client.IsObjectExist(ctx, *j.bucket, "absent")), false)
		_, err := j.client.IsObjectExist(ctx, "no-such-bucket-"+randomName(), key)
		refused("NoSuchBucket", err)
	})
	j.check("lists, page by page, with folders", func() {
		for number := range [5]int{} {
			j.put(fmt.Sprintf("list/%d", number), nil)
		}
		j.put("list/sub/deep", nil)
		var names []string
		pages := j.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: j.bucket, Prefix: oss.Ptr("list/"), Delimiter: oss.Ptr("/"), MaxKeys: 2})
		for pages.HasNext() {
			page := must(pages.NextPage(ctx))
			for _, object := range page.Contents {
				names = append(names, *object.Key)
			}
			for _, prefix := range page.CommonPrefixes {
				names = append(names, *prefix.Prefix)
			}
		}
		equal(names, []string{"list/0", "list/1", "list/2", "list/3", "list/4", "list/sub/"})
		listed := must(j.client.ListObjects(ctx, &oss.ListObjectsRequest{Bucket: j.bucket, Prefix: oss.Ptr("a folder/")}))
		equal(*listed.Contents[0].Key, key)
	})
	j.check("copy", func() {
		must(j.client.CopyObject(ctx, &oss.CopyObjectRequest{Bucket: j.bucket, Key: oss.Ptr("copied"), SourceKey: oss.Ptr(key)}))
		equal(j.read("copied"), content)
	})
	j.check("ACLs and tags", func() {
		must(j.client.PutObjectAcl(ctx, &oss.PutObjectAclRequest{Bucket: j.bucket, Key: oss.Ptr(key), Acl: oss.ObjectACLPublicRead}))
		equal(*must(j.client.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: j.bucket, Key: oss.Ptr(key)})).ACL, "public-read")
		tags := &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("1")}}}}
		must(j.client.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{Bucket: j.bucket, Key: oss.Ptr(key), Tagging: tags}))
		equal(must(j.client.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: j.bucket, Key: oss.Ptr(key)})).Tags, tags.TagSet.Tags)
		must(j.client.DeleteObjectTagging(ctx, &oss.DeleteObjectTaggingRequest{Bucket: j.bucket, Key: oss.Ptr(key)}))
	})
	j.check("signed addresses", func() {
		put := must(j.client.Presign(ctx, &oss.PutObjectRequest{Bucket: j.bucket, Key: oss.Ptr("signed")}, oss.PresignExpires(time.Minute)))
		request := must(http.NewRequest(put.Method, put.URL, bytes.NewReader(content)))
		for name, value := range put.SignedHeaders {
			request.Header.Set(name, value)
		}
		equal(must(http.DefaultClient.Do(request)).StatusCode, 200)
		get := must(j.client.Presign(ctx, &oss.GetObjectRequest{Bucket: j.bucket, Key: oss.Ptr("signed")}, oss.PresignExpires(time.Minute)))
		equal(must(io.ReadAll(must(http.Get(get.URL)).Body)), content)
	})
	j.check("a wrong secret", func() {
		_, err := connect(j.version, "wrong").GetObject(ctx, &oss.GetObjectRequest{Bucket: j.bucket, Key: oss.Ptr(key)})
		refused("SignatureDoesNotMatch", err)
	})
}

func (j *journey) multipart() {
	j.check("multipart: parts, a copied part, listed, completed", func() {
		name := oss.Ptr("multipart")
		upload := must(j.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: j.bucket, Key: name})).UploadId
		first, copied := bytes.Repeat([]byte("1"), 102400), bytes.Repeat([]byte("2"), 102400)
		j.put("source", copied)
		must(j.client.UploadPart(ctx, &oss.UploadPartRequest{Bucket: j.bucket, Key: name, UploadId: upload, PartNumber: 1, Body: bytes.NewReader(first)}))
		must(j.client.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{Bucket: j.bucket, Key: name, UploadId: upload, PartNumber: 2, SourceKey: oss.Ptr("source")}))
		listed := must(j.client.ListParts(ctx, &oss.ListPartsRequest{Bucket: j.bucket, Key: name, UploadId: upload}))
		equal(len(listed.Parts), 2)
		uploads := must(j.client.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: j.bucket}))
		equal(*uploads.Uploads[0].UploadId, *upload)
		done := must(j.client.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: j.bucket, Key: name, UploadId: upload, CompleteAll: oss.Ptr("yes")}))
		if !strings.HasSuffix(strings.Trim(*done.ETag, `"`), "-2") {
			panic(*done.ETag)
		}
		equal(j.read("multipart"), append(first, copied...))
	})
	j.check("multipart: the uploader of the SDK", func() {
		body := make([]byte, 1_500_000)
		must(rand.Read(body))
		uploader := j.client.NewUploader(func(options *oss.UploaderOptions) { options.PartSize = 204800; options.ParallelNum = 3 })
		must(uploader.UploadFrom(ctx, &oss.PutObjectRequest{Bucket: j.bucket, Key: oss.Ptr("uploaded")}, bytes.NewReader(body)))
		equal(j.read("uploaded"), body)
	})
	j.check("multipart: aborted", func() {
		upload := must(j.client.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: j.bucket, Key: oss.Ptr("aborted")})).UploadId
		must(j.client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: j.bucket, Key: oss.Ptr("aborted"), UploadId: upload}))
		_, err := j.client.ListParts(ctx, &oss.ListPartsRequest{Bucket: j.bucket, Key: oss.Ptr("aborted"), UploadId: upload})
		refused("NoSuchUpload", err)
	})
}

func (j *journey) appendAndLinks() {
	j.check("append", func() {
		name := oss.Ptr("appended")
		first := must(j.client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: j.bucket, Key: name, Position: oss.Ptr(int64(0)), Body: strings.NewReader("one ")}))
		equal(first.NextPosition, int64(4))
		must(j.client.AppendObject(ctx, &oss.AppendObjectRequest{
			Bucket: j.bucket, Key: name, Position: oss.Ptr(int64(4)), Body: strings.NewReader("two"), InitHashCRC64: first.HashCRC64,
		}))
		equal(j.read("appended"), []byte("one two"))
		_, err := j.client.AppendObject(ctx, &oss.AppendObjectRequest{Bucket: j.bucket, Key: name, Position: oss.Ptr(int64(4)), Body: strings.NewReader("x")})
		refused("PositionNotEqualToLength", err)
	})
	j.check("symbolic links", func() {
		must(j.client.PutSymlink(ctx, &oss.PutSymlinkRequest{Bucket: j.bucket, Key: oss.Ptr("link"), Target: oss.Ptr("copied")}))
		equal(*must(j.client.GetSymlink(ctx, &oss.GetSymlinkRequest{Bucket: j.bucket, Key: oss.Ptr("link")})).Target, "copied")
		equal(j.read("link"), content)
	})
}

func (j *journey) configuration() {
	j.check("CORS, lifecycle, policy, referer, website, encryption, tags", func() {
		rule := oss.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"POST"}, AllowedHeaders: []string{"*"}}
		must(j.client.PutBucketCors(ctx, &oss.PutBucketCorsRequest{Bucket: j.bucket, CORSConfiguration: &oss.CORSConfiguration{CORSRules: []oss.CORSRule{rule}}}))
		equal(must(j.client.GetBucketCors(ctx, &oss.GetBucketCorsRequest{Bucket: j.bucket})).CORSConfiguration.CORSRules[0].AllowedMethods, []string{"POST"})
		must(j.client.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: j.bucket}))

		expiry := oss.LifecycleRule{
			ID: oss.Ptr("temporary"), Prefix: oss.Ptr("tmp/"), Status: oss.Ptr("Enabled"),
			Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(3))},
		}
		must(j.client.PutBucketLifecycle(ctx, &oss.PutBucketLifecycleRequest{
			Bucket: j.bucket, LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{expiry}},
		}))
		rules := must(j.client.GetBucketLifecycle(ctx, &oss.GetBucketLifecycleRequest{Bucket: j.bucket})).LifecycleConfiguration.Rules
		equal(*rules[0].Expiration.Days, int32(3))
		must(j.client.DeleteBucketLifecycle(ctx, &oss.DeleteBucketLifecycleRequest{Bucket: j.bucket}))

		policy := fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:%s/*"]}]}`, *j.bucket)
		must(j.client.PutBucketPolicy(ctx, &oss.PutBucketPolicyRequest{Bucket: j.bucket, Body: strings.NewReader(policy)}))
		equal(must(http.Get(os.Getenv("CONFORMANCE_ENDPOINT")+"/"+*j.bucket+"/copied")).StatusCode, 200)
		must(j.client.GetBucketPolicyStatus(ctx, &oss.GetBucketPolicyStatusRequest{Bucket: j.bucket}))
		must(j.client.DeleteBucketPolicy(ctx, &oss.DeleteBucketPolicyRequest{Bucket: j.bucket}))

		referers := &oss.RefererConfiguration{AllowEmptyReferer: oss.Ptr(true), RefererList: &oss.RefererList{Referers: []string{"http://*.example.com"}}}
		must(j.client.PutBucketReferer(ctx, &oss.PutBucketRefererRequest{Bucket: j.bucket, RefererConfiguration: referers}))
		equal(must(j.client.GetBucketReferer(ctx, &oss.GetBucketRefererRequest{Bucket: j.bucket})).RefererConfiguration.RefererList.Referers, referers.RefererList.Referers)

		website := &oss.WebsiteConfiguration{IndexDocument: &oss.IndexDocument{Suffix: oss.Ptr("index.html")}}
		must(j.client.PutBucketWebsite(ctx, &oss.PutBucketWebsiteRequest{Bucket: j.bucket, WebsiteConfiguration: website}))
		must(j.client.DeleteBucketWebsite(ctx, &oss.DeleteBucketWebsiteRequest{Bucket: j.bucket}))

		encryption := &oss.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("AES256")}}
		must(j.client.PutBucketEncryption(ctx, &oss.PutBucketEncryptionRequest{Bucket: j.bucket, ServerSideEncryptionRule: encryption}))
		must(j.client.DeleteBucketEncryption(ctx, &oss.DeleteBucketEncryptionRequest{Bucket: j.bucket}))

		tags := &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("1")}, {Key: oss.Ptr("b"), Value: oss.Ptr("2")}}}}
		must(j.client.PutBucketTags(ctx, &oss.PutBucketTagsRequest{Bucket: j.bucket, Tagging: tags}))
		must(j.client.DeleteBucketTags(ctx, &oss.DeleteBucketTagsRequest{Bucket: j.bucket, Tagging: oss.Ptr("a")}))
		equal(must(j.client.GetBucketTags(ctx, &oss.GetBucketTagsRequest{Bucket: j.bucket})).Tagging.TagSet.Tags, tags.TagSet.Tags[1:])
	})
}

func (j *journey) versions() {
	j.check("versions: written, listed, deleted", func() {
		versioned := &journey{j.version, j.client, oss.Ptr(randomName())}
		must(j.client.PutBucket(ctx, &oss.PutBucketRequest{Bucket: versioned.bucket}))
		versioned.put("key", []byte("before"))
		must(j.client.PutBucketVersioning(ctx, &oss.PutBucketVersioningRequest{
			Bucket: versioned.bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
		}))
		equal(*must(j.client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: versioned.bucket, Key: oss.Ptr("key")})).VersionId, "null")
		second := versioned.put("key", []byte("second")).VersionId
		marker := must(j.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: versioned.bucket, Key: oss.Ptr("key")}))
		equal(marker.DeleteMarker, true)
		listed := must(j.client.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: versioned.bucket}))
		equal(len(listed.ObjectVersions), 2)
		for _, version := range []*string{marker.VersionId, second, oss.Ptr("null")} {
			must(j.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: versioned.bucket, Key: oss.Ptr("key"), VersionId: version}))
		}
		must(j.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: versioned.bucket}))
	})
}

func (j *journey) end() {
	j.check("delete many, and the bucket", func() {
		_, err := j.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: j.bucket})
		refused("BucketNotEmpty", err)
		var objects []oss.DeleteObject
		for _, object := range must(j.client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: j.bucket, MaxKeys: 1000})).Contents {
			objects = append(objects, oss.DeleteObject{Key: object.Key})
		}
		deleted := must(j.client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{Bucket: j.bucket, Objects: objects}))
		equal(len(deleted.DeletedObjects), len(objects))
		must(j.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: j.bucket}))
	})
}
