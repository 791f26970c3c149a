"""S3: tags in CreateBucket, and conditional DeleteObject. Both are newer than this LocalStack."""

from localstack.services.s3.provider import S3Provider

from .errors import refuse


def install() -> None:
    create, delete = S3Provider.create_bucket, S3Provider.delete_object

    def create_bucket(self, context, request, **kwargs):
        configuration = request.get("CreateBucketConfiguration") or {}
        tags = configuration.pop("Tags", None)
        if tags is not None and not configuration:
            # In us-east-1, tags come without a location. LocalStack refuses an empty configuration as malformed.
            request.pop("CreateBucketConfiguration", None)
        answer = create(self, context, request, **kwargs)
        # Rule: s3.tags-on-create
        if tags:
            self.put_bucket_tagging(context, request["Bucket"], {"TagSet": tags})
        return answer

    def delete_object(self, context, bucket, key, if_match=None, **kwargs):
        if if_match is not None:
            _, there = self._get_cross_account_bucket(context, bucket)
            try:
                current = there.get_object(key=key)
            except Exception:
                # Rule: s3.delete-missing-if-match
                raise refuse("NoSuchKey", "The specified key does not exist.", 404) from None
            # Rule: s3.delete-if-match
            if if_match != "*" and if_match.strip('"') != (current.etag or "").strip('"'):
                raise refuse(
                    "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412
                )
        return delete(self, context, bucket, key, **kwargs)

    # LocalStack finds operations by an attribute of the function.
    for name, function, original in (("create_bucket", create_bucket, create), ("delete_object", delete_object, delete)):
        function.__dict__.update(original.__dict__)
        setattr(S3Provider, name, function)
