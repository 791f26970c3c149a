"""API models that are newer than those of LocalStack's botocore, for services whose objects are replaced as a whole.

LocalStack drops members that its model does not have, so a test could not detect an update that loses such a member.
"""

import sys
from pathlib import Path

from localstack.aws.spec import loader

#: Where `models.txt` is installed.
FOLDER = str(Path(sys.prefix) / "models" / "botocore" / "data")


def install() -> None:
    if FOLDER not in loader.search_paths:
        loader.search_paths.insert(0, FOLDER)
