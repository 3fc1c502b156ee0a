"""An audit trail that only remembers."""

from vezne.core.audit import AuditAction, AuditEvent, Origin, current_origin


class MemoryAudit:
    """Implements `vezne.core.ports.Audit`. `lines` has each event and the origin it had."""

    def __init__(self) -> None:
        self.lines: list[tuple[AuditEvent, Origin]] = []

    def record(self, event: AuditEvent) -> None:
        self.lines.append((event, current_origin()))

    async def settled(self) -> None:
        """Memory is as durable as it gets."""

    @property
    def actions(self) -> list[AuditAction]:
        return [event.action for event, _ in self.lines]
