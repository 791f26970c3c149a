"""Events of conversations in S3, under `users/<id>/v1_conversations/<conversation>/`."""

import logging
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import AsyncGenerator

from openhands.app_server.event.aws_event_service import AwsEventService, AwsEventServiceInjector
from openhands.sdk import Event

from pydantic import ValidationError

from ohinfra_overlay import aws, spool

log = logging.getLogger(__name__)

EVENT_ID = re.compile(r"[0-9A-Za-z-]{16,64}")


@dataclass
class UserEventService(AwsEventService):
    """Lists all pages and only keys of the conversation; the base class lists one page and any key with the prefix."""

    def _search_paths(self, prefix: Path, page_id: str | None = None) -> list[Path]:
        pages = self.s3_client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, Prefix=f"{prefix}/")
        return [Path(entry["Key"]) for page in pages for entry in page.get("Contents", [])]

    def _load_event(self, path: Path) -> Event | None:
        # A temporary read failure is an error, not a gap in the conversation.
        try:
            body = self.s3_client.get_object(Bucket=self.bucket_name, Key=str(path))["Body"].read()
        except self.s3_client.exceptions.NoSuchKey:
            return None
        try:
            return Event.model_validate_json(body)
        except ValidationError as error:
            # An event type that this release does not support: show the rest of the history.
            log.warning("skipping unreadable event %s: %s", path, error.title)
            return None

    def _store_event(self, path: Path, event: Event) -> None:
        # The sandbox chooses the ID, which is the last part of the key.
        if not EVENT_ID.fullmatch(str(event.id)):
            raise ValueError("the event ID is not a UUID")
        spool.put(str(path), event.model_dump_json().encode())

    def delete_all(self, prefix: Path) -> None:
        """Delete all events below the path of a conversation."""
        keys = [{"Key": str(path)} for path in self._search_paths(prefix)]
        for start in range(0, len(keys), 1000):
            batch = {"Objects": keys[start : start + 1000], "Quiet": True}
            failed = self.s3_client.delete_objects(Bucket=self.bucket_name, Delete=batch).get("Errors", [])
            if failed:
                raise OSError(f"failed to delete {len(failed)} events: {failed[0].get('Code')}")
        spool.forget(str(prefix))


class UserEventServiceInjector(AwsEventServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[UserEventService, None]:
        async for service in super().inject(state, request):
            values = {item.name: getattr(service, item.name) for item in fields(service)}
            yield UserEventService(**{**values, "s3_client": aws.client("s3")})
