"""The models available to users: allowed Bedrock models, and models of other providers with a user-supplied key."""

import asyncio
import fnmatch
import logging
import time
from typing import AsyncGenerator

from openhands.app_server.config_api.default_llm_model_service import (
    DefaultLLMModelService,
    DefaultLLMModelServiceInjector,
)

from ohinfra_overlay import aws
from ohinfra_overlay.settings import settings

log = logging.getLogger(__name__)

PREFIX = "bedrock/"
CACHE_SECONDS = 600
_cached: tuple[float, list[str]] = (float("-inf"), [])


def is_allowed(model: str) -> bool:
    """Return True if a pattern of the deployment matches a Bedrock model ID, given without the prefix."""
    return any(fnmatch.fnmatchcase(model, pattern) for pattern in settings().allowed_models)


def bedrock_models() -> list[str]:
    """Return the allowed models of this region as `bedrock/<id>`, the default first. Cached for ten minutes."""
    global _cached
    default = settings().model
    if time.monotonic() - _cached[0] < CACHE_SECONDS:
        return _cached[1]
    client = aws.client("bedrock")
    found: list[str] = []
    try:
        for page in client.get_paginator("list_inference_profiles").paginate(typeEquals="SYSTEM_DEFINED"):
            found += [profile["inferenceProfileId"] for profile in page["inferenceProfileSummaries"]]
        answer = client.list_foundation_models(byOutputModality="TEXT", byInferenceType="ON_DEMAND")
        found += [model["modelId"] for model in answer["modelSummaries"]]
    except Exception as error:
        log.warning("failed to list Bedrock models: %s", error)
        return [default]
    names = [default, *sorted({PREFIX + model for model in found if is_allowed(model)} - {default})]
    _cached = (time.monotonic(), names)
    return names


class DeploymentModelService(DefaultLLMModelService):
    """The catalog of OpenHands with the Bedrock models of the deployment."""

    async def _get_models_response(self, *arguments, **options):
        if self._cached_response is not None:
            return self._cached_response
        response = await super()._get_models_response(*arguments, **options)
        bedrock = await asyncio.to_thread(bedrock_models)
        others = [model for model in response.models if not model.startswith(PREFIX)]
        self._cached_response = response.model_copy(update={"models": bedrock + others})
        return self._cached_response

    def _is_model_verified(self, model_name: str, *arguments) -> bool:
        return model_name.startswith(PREFIX) or super()._is_model_verified(model_name, *arguments)


class DeploymentModelServiceInjector(DefaultLLMModelServiceInjector):
    async def inject(self, state, request=None) -> AsyncGenerator[DeploymentModelService, None]:
        yield DeploymentModelService(bedrock_client=None, ollama_base_url=self.ollama_base_url)
