"""Documents as the original tool's files have them: their words, their paths, their variables."""

HYDROVU = """\
apiVersion: www.hydrovu.com/v1
kind: HydroVu
name: noyo
desc: Noyo Harbor instruments
metadata:
  path: "{{ not_expanded }}"
spec:
  key: "{{ key }}"
  secret: "{{ secret }}"
  devices:
    - id: 6154708427603968
      name: AT500_1
      scope: AT500_Surface
      comment: at the dock
    - id: 5877040213786624
      name: VuLink1
      scope: Vulink
"""

INBOX = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Inbox
name: exports
desc: Files of the laboratory
spec:
  pattern: /srv/laboratory/**/*.csv
"""

SCRIBBLE = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Scribble
name: random
desc: Random tables
spec:
  count_min: 1
  count_max: 10
  probs:
    table: 0.5
    tree: 0.5
"""

DERIVE = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Derive
name: laboratory
desc: Columns of the exports
spec:
  collections:
    - name: surface
      pattern: /Inbox/exports/surface*.csv
      query: |
        SELECT epoch(taken) AS Timestamp, oxygen AS "AT500_Surface.DO.mg/L" FROM read_csv('$1')
"""

COMBINE = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Combine
name: noyo
desc: Instruments of each site
spec:
  scopes:
    - name: FieldStation
      series:
        - pattern: /Derive/laboratory/surface/*
        - pattern: /HydroVu/noyo/data/AT500_1-6154708427603968
        - pattern: /HydroVu/noyo/data/VuLink*
"""

REDUCE = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Reduce
name: charts
desc: Downsamples
spec:
  collections:
    - name: sites
      resolutions: [1h, 2h, 4h, 12h, 24h]
      datasets:
        - in_pattern: /Combine/*/*/combine
          out_pattern: $1
        - in_pattern: /HydroVu/noyo/data/*
          out_pattern: single-$0
          columns: [AT500_Surface.DO.mg/L]
"""

TEMPLATE = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Template
name: pages
desc: A page for each site
spec:
  collections:
    - name: sites
      in_pattern: /Reduce/*/*/*/res=1h
      out_pattern: $2.md
      template: |
        # {{ args[0] }}
        {% for field in schema.fields %}{{ field.name }}{% endfor %}
    - name: files
      in_pattern: /Combine/*/*/combine
      out_pattern: $1.md
      template_file: page.md.tmpl
"""

BACKUP = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Backup
name: cloud
desc: Away from here
spec:
  bucket: noyo
  region: us-west-2
  key: "{{ key }}"
  secret: "{{ secret }}"
  endpoint: https://s3.example.com
"""

COPY = """\
apiVersion: github.com/jmacd/duckpond/v1
kind: Copy
name: cloud
desc: From there
spec:
  bucket: noyo
  region: us-west-2
  key: "{{ key }}"
  secret: "{{ secret }}"
  endpoint: https://s3.example.com
  backup_uuid: 00000000-0000-0000-0000-000000000000
"""

VARIABLES = {"key": "${env:HYDROVU_KEY}", "secret": "${env:HYDROVU_SECRET}"}

EVERY = (HYDROVU, INBOX, SCRIBBLE, DERIVE, COMBINE, REDUCE, TEMPLATE, BACKUP, COPY)

_BUCKET = BACKUP.partition("spec:\n")[2]

CONVERTED = (
    HYDROVU.replace("  devices:", "  start: 2024-03-01\n  devices:"),
    INBOX,
    SCRIBBLE.partition("  count_min")[0] + "  start: 2024-03-01\n  series: [tables]\n",
    DERIVE,
    COMBINE,
    REDUCE,
    TEMPLATE,
    BACKUP,
    COPY.replace("name: cloud", "name: here")
    .replace(_BUCKET, f"{_BUCKET}  to: copy\n")
    .partition("  backup_uuid")[0],
)
"""Each of them as its errors say."""
