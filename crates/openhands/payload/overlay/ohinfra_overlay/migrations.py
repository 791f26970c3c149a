"""The database's schema at start: OpenHands' own migrations, then the overlay's table.

OpenHands 1.11 creates an index CONCURRENTLY, which PostgreSQL refuses inside the transaction that its driver has open:
the start would fail half-way. In a transaction of its own the plain statement does the same.

It also writes what a conversation costs into a table that its migrations do not create: no statistics would be kept.
"""

import logging
import re

from openhands.app_server.app_lifespan.oss_app_lifespan_service import OssAppLifespanService
from sqlalchemy import event, text

from ohinfra_overlay import owners
from ohinfra_overlay.compat import StoredConversationCostEvent

log = logging.getLogger(__name__)

# Any number that nobody else uses: one instance migrates at a time, the other one waits.
LOCK = 0x6F68696E
CONCURRENTLY = re.compile(r"^(\s*(?:CREATE(?: UNIQUE)?|DROP) INDEX) CONCURRENTLY\b", re.IGNORECASE)


def _plain(_connection, _cursor, statement: str, parameters, _context, _many):
    return CONCURRENTLY.sub(r"\1", statement), parameters


class MigratingLifespanService(OssAppLifespanService):
    """Migrates under a lock, so that a new instance may start while the old one serves."""

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
