"""Settings, their table, and the containers' description agree."""

import re
from pathlib import Path

import pytest
import yaml

from config.launch import checks

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = (ROOT / "config" / "settings.py").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()


class Strict(yaml.SafeLoader):
    """Says no to a key that stands twice; plain YAML keeps the last one silently."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice in one place: {keys}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def services():
    return yaml.load(COMPOSE, Loader=Strict)["services"]


def test_every_setting_is_in_the_table_and_nothing_else():
    """PLT-2: all settings come from the environment, documented in one table."""
    table = (ROOT / "docs" / "install.md").read_text().partition("## Every setting")[2]

    documented = re.findall(r"^\| `([A-Z_]+)` \|", table, re.M)

    assert sorted(documented) == sorted(set(checks.SETTING.findall(SETTINGS)))


def test_no_setting_is_read_elsewhere():
    """PLT-2: the settings file is the one place that reads the environment."""
    apps = ["core", "crm", "automation", "social", "helpdesk", "campaigns", "admin_console"]
    files = [file for app in apps for file in (ROOT / app).rglob("*.py")]

    assert [str(file.relative_to(ROOT)) for file in files if re.search(r"\bos\.(environ|getenv)\b", file.read_text())] == []


def test_what_production_needs_is_said_so():
    """PLT-2: production refuses to start without a secret key and allowed hosts."""
    table = (ROOT / "docs" / "install.md").read_text()

    needed = re.findall(r"^\| `([A-Z_]+)` \| \*\*needed\*\*", table, re.M)

    assert needed == ["SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS"]


def test_compose_starts_all_parts_with_health_checks(services):
    """PLT-2: docker-compose.yml starts web, worker, scheduler, PostgreSQL and Redis with health checks and volumes."""
    assert set(services) == {"migrate", "web", "worker", "scheduler", "db", "redis"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["migrate"]
    assert all({"test", "interval", "timeout", "retries"} <= set(s["healthcheck"]) for s in services.values() if "healthcheck" in s)
    assert [service["image"] for name, service in services.items() if name in {"db", "redis"}] == ["postgres:17", "redis:7"]


def test_compose_waits_for_what_exists(services):
    """PLT-2: nothing starts before the database is migrated and the broker is there."""
    conditions = {"service_healthy", "service_completed_successfully"}
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            assert name in services
            assert wait["condition"] in conditions
    for name in ("web", "worker", "scheduler"):
        assert set(services[name]["depends_on"]) == {"migrate", "redis"}


def test_compose_keeps_data_in_declared_volumes(services):
    """PLT-2: volumes."""
    declared = set(yaml.load(COMPOSE, Loader=Strict)["volumes"])

    used = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", [])}

    assert used == declared == {"database", "queue", "files"}


def test_compose_holds_the_queue_and_sorts_by_code_point(services):
    """PLT-2: Redis keeps what it was given, PostgreSQL sorts the same everywhere."""
    assert "--appendonly yes --maxmemory-policy noeviction" in services["redis"]["command"][-1]
    assert services["db"]["environment"]["POSTGRES_INITDB_ARGS"] == "--locale-provider=builtin --builtin-locale=C.UTF-8"


def test_all_secrets_come_from_the_env_file():
    """PLT-2: every secret is from .env, and .env.example names each without a value."""
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M))
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE))

    assert asked == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert [example[name] for name in sorted(asked | {"SECRET_KEY", "FIELD_KEYS"})] == [""] * 4
    assert set(example) - asked <= set(checks.SETTING.findall(SETTINGS))


def test_the_image_installs_what_is_locked_and_is_not_root():
    """PLT-2: the image takes requirements/run.txt with hashes and runs as its own user."""
    lines = (ROOT / "Dockerfile").read_text()

    assert "--require-hashes -r /run.txt" in lines
    assert lines.index("USER enishi") < lines.index("collectstatic")
    assert "messages --compile" in lines
