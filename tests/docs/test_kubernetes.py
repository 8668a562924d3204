"""What `docs/kubernetes` says: a cluster would take it, and its parts fit each other."""

import importlib
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pond_pipeline.cli.entry import pond as pond_command
from pond_pipeline.config import load_documents
from pond_pipeline.plan import compile_plan

FOLDER = Path(__file__).parents[2] / "docs" / "kubernetes"
TEXT = (FOLDER / "duckpond.yaml").read_text(encoding="utf-8")
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(TEXT))
SECRET = "duckpond-secrets"  # noqa: S105 -- the name of it
RELEASES = ("1.30", "1.34")
"""Of Kubernetes: an old one that is still about, and a newer one."""


def name_of(each: dict[str, Any]) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


def pods() -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Yield the labels and the specification of each pod."""
    for each in named("Deployment").values():
        template = each["spec"]["template"]
        yield template["metadata"]["labels"], template["spec"]
    for each in named("CronJob").values():
        template = each["spec"]["jobTemplate"]["spec"]["template"]
        yield template["metadata"]["labels"], template["spec"]


def containers() -> Iterator[dict[str, Any]]:
    for _, pod in pods():
        yield from (*pod.get("initContainers", ()), *pod["containers"])


def data(config_map: str, key: str) -> Any:  # noqa: ANN401 -- YAML's
    return yaml.safe_load(named("ConfigMap")[config_map]["data"][key])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("each", OBJECTS, ids=name_of)
def test_a_cluster_knows_every_field(each: dict[str, Any], release: str) -> None:
    if importlib.util.find_spec("kubernetes_validate") is None:
        pytest.skip("*** NO SCHEMAS OF KUBERNETES: ITS MANIFEST IS NOT COMPARED WITH THEM. ***")
    importlib.import_module("kubernetes_validate").validate(each, release, strict=True)


def test_the_parts_are_all_there() -> None:
    assert set(named("Deployment")) == {"duckpond-code", "duckpond-web", "duckpond-daemon"}
    assert {each["metadata"].get("namespace", "duckpond") for each in OBJECTS} == {"duckpond"}


def test_what_git_ignores_gets_into_no_image_but_for_the_bundle_of_websites() -> None:
    def ignored(file: str) -> set[str]:
        lines = (FOLDER.parents[1] / file).read_text(encoding="utf-8").splitlines()
        return {each.removeprefix("**/").strip("/") for each in lines if each[:1] not in ("#", "")}

    assert ignored(".gitignore") - ignored(".dockerignore") == {"pond_pipeline/website/bundle"}
    assert ".git" in ignored(".dockerignore")


def test_no_secret_stands_in_the_manifest() -> None:
    assert "Secret" not in {each["kind"] for each in OBJECTS}
    for each in containers():
        assert {"secretRef": {"name": SECRET}} in each["envFrom"]
        assert "env" not in each
    environment = named("ConfigMap")["duckpond-environment"]["data"]
    assert not [name for name in environment if re.search(r"KEY|SECRET|PASSWORD|TOKEN", name)]


def test_what_is_named_is_there() -> None:
    for labels, pod in pods():
        volumes = {each["name"]: each["configMap"]["name"] for each in pod.get("volumes", ())}
        assert set(volumes.values()) <= set(named("ConfigMap"))
        for each in (*pod.get("initContainers", ()), *pod["containers"]):
            for mount in each.get("volumeMounts", ()):
                held = named("ConfigMap")[volumes[mount["name"]]]["data"]
                assert mount.get("subPath", next(iter(held))) in held
        assert pod.get("serviceAccountName", "duckpond") in named("ServiceAccount"), labels
    for each in named("Deployment").values():
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert each["spec"]["selector"]["matchLabels"] == labels


def test_each_service_leads_to_a_port_of_a_pod() -> None:
    for service in named("Service").values():
        [pod] = [pod for labels, pod in pods() if labels == service["spec"]["selector"]]
        ports = {port["name"] for each in pod["containers"] for port in each["ports"]}
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= ports


def test_the_workspace_leads_to_the_code_server() -> None:
    [place] = data("duckpond-dagster", "workspace.yaml")["load_from"]
    server = place["grpc_server"]
    [port] = named("Service")[server["host"]]["spec"]["ports"]
    assert server["port"] == port["port"]
    [code] = named("Deployment")["duckpond-code"]["spec"]["template"]["spec"]["containers"]
    assert str(server["port"]) in code["args"]


def test_the_pods_of_runs_get_what_the_others_get() -> None:
    launcher = data("duckpond-dagster", "dagster.yaml")["run_launcher"]["config"]
    images = {each["image"] for each in containers()}
    assert images == {launcher["job_image"]}
    assert launcher["env_secrets"] == [SECRET]
    maps = {launcher["instance_config_map"], *launcher["env_config_maps"]}
    maps |= {each["configMap"]["name"] for each in launcher["volumes"]}
    assert maps == set(named("ConfigMap"))
    environment = named("ConfigMap")["duckpond-environment"]["data"]
    [mount] = launcher["volume_mounts"]
    assert environment["POND_RESOURCES"].startswith(mount["mountPath"])
    assert environment["DAGSTER_HOME"] == launcher["dagster_home"]


def test_dagster_behaves_as_at_home() -> None:
    ours = yaml.safe_load((FOLDER.parent / "examples" / "postgres" / "dagster.yaml").read_text())
    theirs = data("duckpond-dagster", "dagster.yaml")
    for key in ("storage", "run_monitoring", "run_retries", "retention"):
        assert theirs[key] == ours[key]
    assert theirs["concurrency"]["pools"] == ours["concurrency"]["pools"]


def test_the_resources_can_be_applied() -> None:
    text = named("ConfigMap")["duckpond-resources"]["data"]["resources.yaml"]
    assert compile_plan(load_documents(text), root=Path()).steps


def test_every_pond_command_is_understood() -> None:
    commands = [each["command"] for each in containers() if each["command"][0] == "pond"]
    assert len(commands) == 2
    for _, name, *arguments in commands:
        with click.Context(pond_command, info_name="pond") as context:
            command = pond_command.get_command(context, name)
            assert command is not None
            command.make_context(name, arguments, parent=context)


def test_the_secret_that_the_page_makes_has_what_is_wanted() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    [line] = [each for each in page.splitlines() if "create secret" in each]
    made = {
        word.removeprefix("--from-literal=").partition("=")[0]
        for word in shlex.split(line)
        if word.startswith("--from-literal")
    }
    wanted = set(re.findall(r"\$\{env:(\w+)", TEXT)) | set(re.findall(r"\{env: (\w+)\}", TEXT))
    assert wanted - set(named("ConfigMap")["duckpond-environment"]["data"]) <= made
