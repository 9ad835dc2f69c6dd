"""Derives which time of a site must be recorded: around the clock, or while an entertainment venue is open. Pure.

The recorder's plan is what it does, never what is due (`gaps.py` and the checks compare both).

Source: Regulations on Entertainment Venues, article 15; State Council Order 799, article 15.
"""

from datetime import date

from agent.observe.footage.gaps import DAY_S, UNCONDITIONAL, WEEK_S, covered_s
from agent.site.config.site import Site
from agent.site.declarations.standing import standing
from drivers.footage import Schedule, SchedulePeriod


def due_hours(site: Site, today: date) -> Schedule | None:
    """Return the declared business hours of an entertainment venue as a weekly plan; None: every second is due.

    Hours of another place free nobody, nor do those that are not declared, have run out or end before they begin. A
    closing time past midnight counts on from 24 into the next day. `today` is the site's local day.
    """
    declared = standing(site, "business-hours", today).value
    if standing(site, "entertainment-venue", today).value is not True or not isinstance(declared, str):
        return None
    opens, closes = (3600 * int(at[:2]) + 60 * int(at[3:]) for at in declared.split("-"))
    if closes <= opens or closes - opens >= DAY_S:
        return None
    periods = []
    for weekday in range(7):
        periods.append(SchedulePeriod(weekday, opens, min(closes, DAY_S), "continuous"))
        if closes > DAY_S:
            periods.append(SchedulePeriod((weekday + 1) % 7, 0, closes - DAY_S, "continuous"))
    return Schedule(tuple(periods), True)


def left_out_s(plan: Schedule | None, hours: Schedule | None) -> tuple[int, int]:
    """Return the seconds of a week that are due, and those of them that the plan does not record unconditionally."""
    if hours is None:
        return WEEK_S, WEEK_S - covered_s(plan)
    due_s = covered_s(hours)
    if plan is None or plan.enabled is False or not plan.periods:
        return due_s, 0
    both = Schedule((*hours.periods, *(p for p in plan.periods if p.mode in UNCONDITIONAL)), True)
    return due_s, covered_s(both) - covered_s(plan)
