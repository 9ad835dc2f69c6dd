"""Lists what a person types into the device for a self-test, field by field. Pure."""

from agent.model.finding import Message
from agent.onsite.link.plan import EXPIRES_MIN_S, Plan

PAGE = Message("Type this into the device, on its page for GB/T 28181 (platform access), into a slot that nobody uses:")
THEN = Message(
    "Save, and switch this slot on. The test goes on as soon as the device comes, for {minutes} min at most."
)


def rows(plan: Plan, local: str, port: int) -> tuple[tuple[Message, str], ...]:
    """Return the fields of the device's page and what belongs there; the password is in it."""
    return (
        (Message("server address"), local),
        (Message("server port"), str(port)),
        (Message("server id"), plan.platform_id),
        (Message("server domain"), plan.domain),
        (Message("device id"), plan.device_id),
        (Message("user name"), plan.device_id),
        (Message("password of this test"), plan.password),
        (Message("registration, s"), str(EXPIRES_MIN_S)),
        (Message("heartbeat, s"), str(plan.heartbeat_s)),
    )


def after(plan: Plan) -> Message:
    """Return what a person does when all is typed."""
    return Message(THEN.template, {"minutes": round(plan.lasts_s / 60)})
