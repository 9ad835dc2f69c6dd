"""Receives, verifies and confirms the reports of sites, and shows or exports what the hub has stored.

camwarden hub run --data DIR --host HOST [--port PORT] [--tls ...] [--user U --password-file F] [--metrics [HOST:]PORT]
camwarden hub run --data DIR --amqp [N/OF] --host NODE --also NODE:PORT ...   one of several workers, at RabbitMQ
camwarden hub rabbitmq --queues N [--site ID] ... [--sites DIR]   what the cluster imports: queues, users, rights
camwarden hub trust add SITE THUMBPRINT [--until DAY] | list | export | revoke THUMBPRINT   --data DIR
camwarden hub enroll init | token | serve | list | revoke SITE   --data DIR   give gateways their certificates
camwarden hub jwks --data DIR      the hub's public key, for `[hub] jwks` of every site
camwarden hub status --data DIR    what came, what was verified, what is missing
camwarden hub silent --data DIR    sites that are late, offline, wedged, not started or revoked; exit code 1 if any
camwarden hub findings [SITE] [--check C] [--status S] [--division D] [--maintainer M] [--operator O] [--model M] ...
camwarden hub site SITE --data DIR              one site: boxes, open findings, how long faults lasted
camwarden hub fleet [--check C] [--model M]     which check fails at many boxes of one model and firmware
camwarden hub repairs [--check C] [--since DAY]  how long faults lasted, by check
camwarden hub acknowledge | assign | plan | comment SITE CHECK SUBJECT --by --data DIR   keep words on an open finding
camwarden hub work-order --to NAME [SITE]       what is assigned to somebody, to print, in both languages
camwarden hub operator SITE NAME --by           who operates a site
camwarden hub place SITE --division C --by --why | places   where a site lies; which sites tell something else
camwarden hub orders [SITE] --data DIR                           what was asked of sites, with the results
camwarden hub report-now | check-now | resend | desired SITE     ask something of a site
camwarden hub desired SITE --pack FILE.toml    packs of rules for a site; --no-packs takes them out
camwarden hub upgrade [VERSION --division D | --operator O | --all --by --why | stop | resume]   new agents in waves
camwarden hub accept-loss SITE STREAM FROM TO --by --why --data DIR   go on over reports that are gone for good
camwarden hub disputes [SITE] --data DIR       which findings owners dispute, and until when to decide
camwarden hub decide SITE NUMBER --outcome upheld|overturned|remedied --by --why --data DIR
camwarden hub import BATCH [--ack FILE] --data DIR               reports that were carried here as files
camwarden hub case SITE CHECK --from T --to T --out FILE.zip     evidence that verifies offline
camwarden hub check [--sample N] --data DIR   is what was stored still what was stored?
camwarden hub verify SITE | --all --data DIR  do signatures and chains still verify?
camwarden hub hold SITE --from T --to T --until DAY --by --why | holds [SITE] | release NUMBER --by --why
camwarden hub people list [SITE] | erase AUTHOR --by --why   --data DIR   names behind the ids in reports
camwarden hub backup FOLDER [--verify] | restore FOLDER --data DIR   a copy while the hub runs, and back
camwarden hub take-over FOLDER --data DIR     go on with the hub of another folder, of release 0.1 too
camwarden hub migrate --to FILE --data DIR     move a hub that does not run from hub.db into PostgreSQL
camwarden hub log --data DIR       the log of accepted reports, which only grows: size, root, checkpoint
camwarden hub log receipt SITE STREAM NUMBER [--out FILE] --data DIR   proof that the log has a report
camwarden hub log mirror FOLDER --data DIR     export the log as files, for witnesses
camwarden hub log witness FOLDER --state DIR --jwks FILE   cosign the log of a hub where it continues what was held
camwarden hub log restored --by --why --data DIR   state, after a restore from a backup, that the log goes on
camwarden hub serve [--port PORT] [--url URL] [--trusted-proxy ADDRESS] --data DIR   the page for people, behind a proxy
camwarden hub user add NAME --role ROLE [--division C] [--operator N] [--maintainer N] | password | disable | list
camwarden hub map load FILE --by --why [--frame gcj02] | show | clear --by --why   where sites are, for the page
camwarden hub webhook add NAME --url URL [--kind K] ... | test | secret | disable | enable | remove NAME | list
camwarden hub audit [--verify] --data DIR      what people did on the page, in rows that are chained
camwarden hub doctor --data DIR    look what around the hub keeps it from its work
camwarden hub metrics --data DIR   numbers for Prometheus
camwarden hub report --day D | --month M --by division|maintainer|model [--xlsx FILE]   figures of assessment

An action's module is imported only when it was chosen.
"""

import argparse
import importlib
import os
from pathlib import Path
from typing import Final

from agent.commands.hub.options import add_options
from agent.host.paths import hub_data
from agent.text.cli_words import ListsActions, OneAction

ACTIONS: Final = {
    "run": ("agent.commands.hub.run", "run"),
    "rabbitmq": ("agent.commands.hub.rabbitmq", "run"),
    "trust": ("agent.commands.hub.trust", "run"),
    "enroll": ("agent.commands.hub.enroll", "run"),
    "jwks": ("agent.commands.hub.trust", "print_jwks"),
    "status": ("agent.commands.hub.view", "status"),
    "findings": ("agent.commands.hub.findings.listing", "run"),
    "site": ("agent.commands.hub.findings.site", "run"),
    "fleet": ("agent.commands.hub.findings.fleet", "run"),
    "repairs": ("agent.commands.hub.findings.repairs", "run"),
    "acknowledge": ("agent.commands.hub.findings.words", "acknowledge"),
    "assign": ("agent.commands.hub.findings.words", "assign"),
    "plan": ("agent.commands.hub.findings.words", "plan"),
    "comment": ("agent.commands.hub.findings.words", "comment"),
    "work-order": ("agent.commands.hub.findings.work_order", "run"),
    "operator": ("agent.commands.hub.findings.words", "operator"),
    "place": ("agent.commands.hub.findings.places", "place"),
    "places": ("agent.commands.hub.findings.places", "show"),
    "silent": ("agent.commands.hub.view", "silent"),
    "orders": ("agent.commands.hub.view", "orders"),
    "metrics": ("agent.commands.hub.metrics", "run"),
    "report": ("agent.commands.hub.report", "run"),
    "report-now": ("agent.commands.hub.orders", "run"),
    "check-now": ("agent.commands.hub.orders", "run"),
    "resend": ("agent.commands.hub.orders", "run"),
    "desired": ("agent.commands.hub.orders", "desired"),
    "upgrade": ("agent.commands.hub.upgrades.command", "run"),
    "accept-loss": ("agent.commands.hub.orders", "accept"),
    "disputes": ("agent.commands.hub.disputes", "show"),
    "decide": ("agent.commands.hub.disputes", "decide"),
    "import": ("agent.commands.hub.carry", "import_batch"),
    "case": ("agent.commands.hub.carry", "export_case"),
    "check": ("agent.commands.hub.keeping.check", "run"),
    "verify": ("agent.commands.hub.keeping.verify", "run"),
    "hold": ("agent.commands.hub.keeping.holds", "hold"),
    "holds": ("agent.commands.hub.keeping.holds", "show"),
    "people": ("agent.commands.hub.keeping.people", "run"),
    "release": ("agent.commands.hub.keeping.holds", "end"),
    "backup": ("agent.commands.hub.keeping.backup", "run"),
    "restore": ("agent.commands.hub.keeping.backup", "restore"),
    "take-over": ("agent.commands.hub.keeping.take_over", "run"),
    "migrate": ("agent.commands.hub.keeping.migrate", "run"),
    "log": ("agent.commands.hub.log", "run"),
    "doctor": ("agent.commands.hub.doctor", "run"),
    "serve": ("agent.commands.hub.web.serve", "run"),
    "user": ("agent.commands.hub.web.user", "run"),
    "map": ("agent.commands.hub.web.map", "run"),
    "webhook": ("agent.commands.hub.web.webhook", "run"),
    "audit": ("agent.commands.hub.web.audit", "run"),
}
"""Every action: its module, and what runs it there."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line; of more than fifty actions that alone which is asked of the parser, if it is known."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data",
        type=Path,
        default=hub_data(os.environ),
        metavar="DIR",
        help="where the hub keeps its data (default $CAMWARDEN_HUB_DATA, else /var/lib/camwarden-hub)",
    )
    asked = parser.asked if isinstance(parser, ListsActions) else ""
    add_options(OneAction(actions, asked) if asked in ACTIONS else actions, data)


def run(args: argparse.Namespace) -> int:
    """Run the chosen action. Raises AgentError."""
    module, name = ACTIONS[args.action]
    return int(getattr(importlib.import_module(module), name)(args))
