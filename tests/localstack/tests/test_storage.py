"""Rules of S3, EFS and ECR."""

from support import Test, name, rule, tags

S3 = "https://docs.aws.amazon.com/AmazonS3/latest"
EFS = "https://docs.aws.amazon.com/efs/latest/ug"
DELETES = f"S3 User Guide: How to perform conditional deletes, {S3}/userguide/conditional-deletes.html"


class Buckets(Test):
    def setUp(self):
        super().setUp()
        self.s3 = self.aws("s3")

    def object(self) -> dict:
        bucket = name()
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        self.s3.put_object(Bucket=bucket, Key="key", Body=b"text")
        return {"Bucket": bucket, "Key": "key"}

    @rule("s3.tags-on-create", f"S3 API: CreateBucketConfiguration, Tags, {S3}/API/API_CreateBucketConfiguration.html")
    def test_bucket_is_created_with_tags(self):
        for region in ("us-east-1", self.region):
            bucket, s3 = name(), self.aws("s3", region)
            location = {} if region == "us-east-1" else {"LocationConstraint": region}
            configuration = {**location, "Tags": [{"Key": "owner", "Value": "me"}]}
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=configuration)
            self.assertEqual(tags(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]), {"owner": "me"})

    @rule("s3.delete-if-match", DELETES)
    def test_conditional_delete_needs_the_current_version(self):
        which = self.object()
        with self.refused("PreconditionFailed"):
            self.s3.delete_object(**which, IfMatch='"0123456789abcdef0123456789abcdef"')
        etag = self.s3.head_object(**which)["ETag"]
        self.s3.delete_object(**which, IfMatch=etag)
        with self.refused("404"):
            self.s3.head_object(**which)

    @rule("s3.delete-missing-if-match", DELETES)
    def test_conditional_delete_needs_an_object(self):
        which = self.object()
        self.s3.delete_object(**which)
        with self.refused("NoSuchKey"):
            self.s3.delete_object(**which, IfMatch="*")


class FileSystems(Test):
    def setUp(self):
        super().setUp()
        self.efs = self.aws("efs")

    @rule(
        "efs.missing-file-system",
        f"EFS API: DescribeFileSystemPolicy, FileSystemNotFound, {EFS}/API_DescribeFileSystemPolicy.html",
    )
    def test_policy_of_a_missing_file_system_is_not_found(self):
        with self.refused("FileSystemNotFound"):
            self.efs.describe_file_system_policy(FileSystemId="fs-0123456789abcdef0")

    @rule(
        "efs.access-point-token",
        f"EFS API: CreateAccessPoint, AccessPointAlreadyExists, {EFS}/API_CreateAccessPoint.html",
    )
    def test_client_token_of_an_access_point_is_unique(self):
        system = self.efs.create_file_system(CreationToken=name())["FileSystemId"]
        token = name()
        self.efs.create_access_point(ClientToken=token, FileSystemId=system)
        with self.refused("AccessPointAlreadyExists"):
            self.efs.create_access_point(ClientToken=token, FileSystemId=system)


class Repositories(Test):
    @rule(
        "ecr.scan-setting",
        "ECR API: PutImageScanningConfiguration, "
        "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html",
    )
    def test_scan_setting_changes(self):
        ecr, repository = self.aws("ecr"), name()
        ecr.create_repository(repositoryName=repository)
        setting = {"scanOnPush": True}
        ecr.put_image_scanning_configuration(repositoryName=repository, imageScanningConfiguration=setting)
        (found,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
        self.assertEqual(found["imageScanningConfiguration"], setting)
