"""Database migrations at startup: those of OpenHands, then the table of the overlay.

OpenHands 1.11 creates an index CONCURRENTLY, which PostgreSQL rejects in the open transaction of the driver, so startup
would fail. The statement without CONCURRENTLY has the same result.

OpenHands 1.11 also writes conversation costs to a table that its migrations do not create.
"""

import logging
import re

from openhands.app_server.app_lifespan.oss_app_lifespan_service import OssAppLifespanService
from sqlalchemy import event, text

from ohinfra_overlay import owners
from ohinfra_overlay.compat import StoredConversationCostEvent

log = logging.getLogger(__name__)

# An arbitrary lock ID, so that only one instance migrates at a time.
LOCK = 0x6F68696E
CONCURRENTLY = re.compile(r"^(\s*(?:CREATE(?: UNIQUE)?|DROP) INDEX) CONCURRENTLY\b", re.IGNORECASE)


def _plain(_connection, _cursor, statement: str, parameters, _context, _many):
    return CONCURRENTLY.sub(r"\1", statement), parameters


class MigratingLifespanService(OssAppLifespanService):
    """Migrates under a lock, so that a new instance can start while the old one is serving."""

    def run_alembic(self):
        from openhands.app_server.config import get_global_config

        engine = get_global_config().db_session.get_db_engine()
        event.listen(engine, "before_cursor_execute", _plain, retval=True)
        is_postgresql = engine.dialect.name == "postgresql"
        with engine.connect() as connection:
            if is_postgresql:
                connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
                connection.commit()
            try:
                super().run_alembic()
                if StoredConversationCostEvent is not None:
                    StoredConversationCostEvent.__table__.create(connection, checkfirst=True)
                owners.prepare(connection)
                connection.commit()
            finally:
                if is_postgresql:
                    connection.rollback()
                    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
                    connection.commit()
