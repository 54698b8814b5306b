"""`make dashboard`: writes deploy/grafana/r1ci.json and deploy/prometheus/rules.yaml anew."""

from pathlib import Path

from driver.monitoring.alerts import rules_text
from driver.monitoring.dashboard import dashboard_text

_DEPLOY = Path(__file__).parents[2] / "deploy"


def main() -> None:
    """Write both files."""
    (_DEPLOY / "grafana" / "r1ci.json").write_text(dashboard_text(), encoding="utf-8")
    (_DEPLOY / "prometheus" / "rules.yaml").write_text(rules_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
