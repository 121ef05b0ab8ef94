"""The floor of a plan: a bare Python that reads a YAML file with libyaml's loader, and nothing else.

python floor_yaml.py FILE
"""

import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    yaml.load(file, yaml.CSafeLoader)
