"""kuberay.yaml and the Slurm scripts: by Kubernetes' schemas, shellcheck, and the command line itself."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from paretocaps.cli.app import app

FOLDER = Path(__file__).resolve().parents[2] / "docker"
SCRIPTS = sorted(FOLDER.glob("*.sbatch"))
CHECKED = [*SCRIPTS, FOLDER / "secrets.sh"]
CLAIM, JOB = yaml.safe_load_all((FOLDER / "kuberay.yaml").read_text())
CLUSTER = JOB["spec"]["rayClusterSpec"]
TEMPLATES = [
    CLUSTER["headGroupSpec"]["template"],
    *(group["template"] for group in CLUSTER["workerGroupSpecs"]),
]

RAY_JOB = {
    "entrypoint",
    "submissionMode",
    "backoffLimit",
    "shutdownAfterJobFinishes",
    "ttlSecondsAfterFinished",
    "rayClusterSpec",
}
GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}


def kubernetes_validates(document):
    package = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    package.validate(document, package.latest_version(), strict=True)


@pytest.mark.ray
def test_the_volume_is_valid():
    kubernetes_validates(CLAIM)
    assert CLAIM["spec"]["accessModes"] == ["ReadWriteMany"]  # all pods write to it


@pytest.mark.ray
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_pods_are_valid(template):
    kubernetes_validates({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **template})


def test_the_job_has_the_fields_of_kuberay_and_no_others():
    assert (JOB["apiVersion"], JOB["kind"]) == ("ray.io/v1", "RayJob")
    assert set(JOB["spec"]) == RAY_JOB
    assert set(CLUSTER) == {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
    assert set(CLUSTER["headGroupSpec"]) == {"rayStartParams", "template"}
    for group in CLUSTER["workerGroupSpecs"]:
        assert set(group) == GROUP
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", group["groupName"])
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


def test_the_password_comes_from_a_secret():
    (container,) = TEMPLATES[0]["spec"]["containers"]
    secret = {entry["name"] for entry in container["env"] if "valueFrom" in entry}
    assert secret == {"STORAGE", "PGPASSWORD"}
    assert not re.search(r"postgresql://\S*:\S*@", JOB["spec"]["entrypoint"])


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_pod_gains_rights_and_all_share_the_volume(template):
    (container,) = template["spec"]["containers"]
    assert template["spec"]["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/paretocaps"]
    assert template["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": CLAIM["metadata"]["name"]}


@pytest.mark.ray
@pytest.mark.parametrize("script", CHECKED, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script):
    beside = Path(sys.executable).with_name("shellcheck")
    shellcheck = str(beside) if beside.exists() else shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    command = [
        shellcheck,
        "--shell=bash",
        "--enable=all",
        "--exclude=SC2250,SC2292,SC2310,SC2312",
        str(script),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def commands():
    yield JOB["spec"]["entrypoint"]
    for script in SCRIPTS:
        text = script.read_text().replace("\\\n", " ")
        yield from re.findall(
            r"paretocaps optimize [^&\n]*", "\n".join(re.sub(r"^#.*", "", text, flags=re.M).splitlines())
        )


@pytest.mark.parametrize("command", list(commands()))
def test_the_command_line_understands_its_command(command):
    name, *arguments = shlex.split(command)[1:]
    found = app.get_command(click.Context(app), name)
    params = found.make_context(name, arguments).params
    assert params["storage"] == "$STORAGE"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_its_directives_come_first_and_are_long_options_of_sbatch(script):
    lines = script.read_text().splitlines()
    directives = [line for line in lines if line.startswith("#SBATCH")]
    code = next(index for index, line in enumerate(lines) if line and not line.startswith("#"))
    assert all(lines.index(line) < code for line in directives)
    known = (
        "job-name array ntasks ntasks-per-node gpus-per-task gpus-per-node cpus-per-task time signal requeue"
        " nodes"
    )
    for line in directives:
        found = re.fullmatch(r"#SBATCH --([a-z-]+)(=\S+)?", line)
        assert found, line
        assert found[1] in known.split()
