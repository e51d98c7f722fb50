"""Scrapes an address as Prometheus does and prints what the official parser of the asked format reads, as JSON."""

import json
import sys
import urllib.request

from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics

url, wanted = sys.argv[1:]
accept, read = {
    "openmetrics": (
        "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        openmetrics.text_string_to_metric_families,
    ),
    "prometheus": ("text/plain;version=0.0.4;q=1,*/*;q=0.1", prometheus.text_string_to_metric_families),
}[wanted]
request = urllib.request.Request(url, headers={"Accept": accept})
with urllib.request.urlopen(request, timeout=20) as answer:
    families = list(read(answer.read().decode("utf-8")))
    print(
        json.dumps(
            {
                "contentType": answer.headers["Content-Type"],
                "families": {
                    family.name: {
                        "type": family.type,
                        "unit": family.unit,
                        "help": family.documentation,
                        "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
                    }
                    for family in families
                },
            }
        )
    )
