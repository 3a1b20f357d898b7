# SPDX-License-Identifier: MIT
# tests/live/described.py - the expected form of the API's answers
"""Each object is described by lines `name|other! kind`: the names that a
member may have, `!` if it is required, and the type of its value. From
api/API.md, parts 3 to 10 and 13; if its sources differ, all of them are
accepted, and the one that the API uses is printed."""
import re

KINDS = {
    "text": lambda v: isinstance(v, str),
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float))
    and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "flag": lambda v: isinstance(v, bool) or v in (0, 1),
    "list": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "time": lambda v: time_word(v) is not None,
    "any": lambda v: True,
}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


def time_word(value):
    """The format of a time; None: not a time."""
    if KINDS["number"](value):
        return "number"
    if isinstance(value, str) and ISO.fullmatch(value):
        return "ISO"
    return "numeric text" if isinstance(value, str) and value.isdigit() \
        else None


def fields(text):
    """[(names, is required, kinds)] of such lines."""
    rows = []
    for line in text.strip().splitlines():
        names, kinds = line.split()
        rows.append((names.rstrip("!").split("|"), names.endswith("!"),
                     kinds.split("|")))
    return rows


KEY = fields("""
valid! bool
public_key text
tier text|int
status text
rate_per_minute|rate_limit number
burst int
concurrency_limit|concurrency int
max_sessions int
expires_at|valid_through_datetime time|text
valid_for_human text
time_remaining text
expired bool
account object
account_id|email|plan text
reason text
""")
SELF = fields("""
key! text
email text
sudo_required! bool
tier text|int
created_at time
contacts_count int
""")
CONTACT = fields("""
email! text
role! text
verified bool
invited_by text
created_at time
""")
ENTRY = fields("""
action! text
client_ip text
metadata any
resource_id text
resource_type text
result text
timestamp time
""")
TOKEN = fields("token! text\nexpires_at time")
HEALTH = fields("status! text")
LANGUAGES = fields("languages! list\naliases object\ncount int")
SHELLS = fields("shells! list\ncategories object\ncount int")

RESULT = fields("""
success! bool
stdout! text
stderr! text
exit_code! int
language|detected_language! text
job_id text
status text
network_mode text
total_time_ms|execution_time_ms|execution_time|duration_ms number
created_at time
started_at time
completed_at time
artifacts list
artifact object
wasm_artifact object
execution_mode text
error text
message text
""")
JOB = fields("""
job_id! text
status! text
language|detected_language text
network_mode text
created_at time
started_at time
completed_at time
success bool
stdout text
stderr text
exit_code int
total_time_ms|execution_time_ms|execution_time|duration_ms number
artifacts list
artifact object
wasm_artifact object
error text
message text
""")
SUBMITTED = fields("""
job_id! text
status text
message text
language|detected_language text
network_mode text
created_at time
""")
ARTIFACT = fields("""
filename|name! text
content_base64|data|content! text
type text
mime_type text
size int
""")

SESSION = fields("""
session_id|id! text
status|state! text
container_name text
shell text
network_mode|network text
name text
multiplexer|persistence text
remaining_ttl int
ttl int
created_at time
expires_at time|text
last_activity time|text
vcpu int
memory_mb int
boosted flag
locked flag
websocket_url text
service_id text
image text
domain text
""")
SERVICE = fields("""
service_id|id! text
name! text
state|status! text
url text
domain text
ports list
custom_domains|domains list
network_mode|network text
disk_used int
locked flag
unfreeze_on_demand flag
show_freeze_page flag
vcpu int
memory_mb int
service_type text
container_name text
source_image text
bootstrap text
created_at time
last_activity time|text
ip|ip_address text
health any
port_mappings list|object
""")
SNAPSHOT = fields("""
snapshot_id|id! text
name! text
source_type|type! text
source_id|session_id|service_id! text
container_name text
size_bytes|size int|text
hot flag
locked flag
status text
created_at time
expires_at time|text
""")
IMAGE = fields("""
image_id|id! text
name! text
description text
fingerprint text
node text
size_bytes|size int
visibility text
locked flag
source_type text
source_id text
owner_api_key|owner_key text
trusted_keys|trusted list
access text
created_at time
""")
LOG = fields("log|logs! text")
VAULT = fields("""
has_vault|exists! bool
count|variable_count int
updated_at time
env object
service_id|id text
""")
TRUSTED = fields("trusted_keys|trusted! list\ncount int") + [
    (names, False, kinds) for names, _, kinds in IMAGE]
CLUSTER = fields("""
mode text
pool_size int
allocated int
available int
spawning int
total_containers int
network_mode text
network_breakdown object
total int
load_1min|load_5min|load_15min text
load_avg object
memory object
version text
""")
POOLS = fields("""
pool_count int
total_capacity int
total_allocated int
total_available int
pools! list
""")
STATS = fields("""
containers! int
load_1min text
load_5min text
load_15min text
load_avg object
""")
POOL = fields("""
mode text
pool_size int
total_containers int
available int
allocated int
spawning int
network_mode text
load_avg object
load_1min|load_5min|load_15min text
memory object
network_breakdown object
""")
PORT = fields("listening! bool\nport int\nservice_id|id text")
UPGRADE = fields("""
upgrading! bool
state text
progress int|text
current_version text
target_version text
service_id|id text
""")
UPGRADE_LOG = fields("log! text\nmessage text\nservice_id|id text")
ERROR = fields("""
error|message! text
code text
details text
valid bool
reason text
challenge_id text
""")
EXTENDED = fields("ttl! int")
ENDED = fields("""
status|state text
session_id|id text
message text
artifacts list
""")


class Listed:
    """An answer that is a list: a bare array, or a member of an object."""

    def __init__(self, name, item, may_be_bare=False):
        self.name, self.item, self.may_be_bare = name, item, may_be_bare


def _value(value, name, kinds):
    """What is wrong with the value, which is not shown: it may be private."""
    if any(KINDS[kind](value) for kind in kinds):
        return None
    return f"{name} is {type(value).__name__}, not {' or '.join(kinds)}"


def compare(value, rows, wording, where=""):
    """What differs in an object; adds the names that it uses to wording."""
    if not isinstance(value, dict):
        return [f"{where or 'the answer'} is not an object"]
    wrong, known = [], set()
    for names, is_promised, kinds in rows:
        known.update(names)
        found = [name for name in names if value.get(name) is not None]
        if not found and is_promised:
            wrong.append(f"no {where}{' or '.join(names)}")
        for name in found:
            wrong.append(_value(value[name], where + name, kinds))
        if found and len(names) > 1:
            wording.setdefault(where + names[0], set()).add("+".join(found))
        if found and kinds[0] == "time":
            word = time_word(value[found[0]]) or "text"
            wording.setdefault(where + found[0], set()).add(word)
    new = sorted(set(value) - known)
    if new:
        wrong.append("not described: " + ", ".join(where + n for n in new))
    return [each for each in wrong if each]


def compare_list(value, listed, wording):
    """What differs in a list, without repetitions."""
    wrong = []
    items = value
    if isinstance(value, dict):
        wording.setdefault("list", set()).add("object")
        items = value.get(listed.name)
        others = sorted(set(value) - {listed.name, "count"})
        if others:
            wrong.append("not described: " + ", ".join(others))
    elif isinstance(value, list):
        wording.setdefault("list", set()).add("array")
        if not listed.may_be_bare:
            wrong.append("the list is a bare array")
    if not isinstance(items, list):
        return [*wrong, f"no list {listed.name}"]
    if isinstance(value, dict) and value.get("count", len(items)) != len(
            items):
        wrong.append("count is not the number of items")
    for item in items:
        for each in compare(item, listed.item, wording, "item's "):
            if each not in wrong:
                wrong.append(each)
    return wrong
