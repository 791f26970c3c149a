"""AWS's models that are newer than those of LocalStack's botocore, for the services whose objects are put as a whole.

An emulator that does not know a member forgets it, and a test could not see that an update loses it.
"""

import sys
from pathlib import Path

from localstack.aws.spec import loader

#: What `models.txt` installs beside the environment's own packages.
FOLDER = str(Path(sys.prefix) / "models" / "botocore" / "data")


def install() -> None:
    if FOLDER not in loader.search_paths:
        loader.search_paths.insert(0, FOLDER)
