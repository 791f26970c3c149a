"""Makes an environment file of a secret: the secret on standard input, the file on standard output.

What is no secret is in settings.json beside this file.
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote


def database(secret: str, settings: dict) -> dict:
    login = json.loads(secret)
    user, password = login["username"], login["password"]
    host, port, name = settings["database_host"], settings["database_port"], settings["database_name"]
    return {
        "DB_HOST": host,
        "DB_PORT": port,
        "DB_NAME": name,
        "DB_USER": user,
        "DB_PASS": password,
        "DB_SSL": "require",
        "DATABASE_URL": f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{name}?sslmode=require",
    }


def sandbox(secret: str, settings: dict) -> dict:
    key = secret.strip()
    started_with = {"OH_SECRET_KEY": key}
    if settings["sandbox_credentials"]:
        started_with["AWS_SHARED_CREDENTIALS_FILE"] = "/data/sandbox-credentials"
    return {"OH_SECRET_KEY": key, "SANDBOX_RUNTIME_STARTUP_ENV_VARS": json.dumps(started_with, sort_keys=True)}


def quoted(value) -> str:
    """As compose reads it: in single quotes nothing means anything but a single quote."""
    text = str(value)
    if "\n" in text or "\r" in text:
        sys.exit("a value of more than one line cannot be in an environment file")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    settings = json.loads((Path(__file__).parent / "settings.json").read_text(encoding="utf-8"))
    values = {"database": database, "sandbox": sandbox}[sys.argv[1]](sys.stdin.read(), settings)
    for name, value in values.items():
        print(f"{name}={quoted(value)}")


if __name__ == "__main__":
    main()
