#!/usr/bin/env bash
# Makes the secrets that docker/compose.yaml mounts, in docker/secrets or the folder that is named: a password of the
# database, the same for clients (libpq's passfile), and a token of the role admin. What exists is kept.
#
#   sudo docker/secrets.sh
#
# Containers read them as the user 1000. sudo gives them to that user (`sudo cat` shows them then); where that is you, it
# may be left out.
set -euo pipefail
umask 077

folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
cd "$folder"

secret() { python3 -c 'import secrets; print(secrets.token_urlsafe(32), end="")'; }

[[ -s password ]] || secret >password
[[ -s passfile ]] || printf 'postgres:5432:*:paretocaps:%s\n' "$(cat password)" >passfile
[[ -s tokens ]] || printf '[admin]\nrole = "admin"\nsecret = "%s"\n' "$(secret)" >tokens
if [[ "$(id -u)" = 0 ]]; then
    chown 1000:1000 passfile tokens
fi
echo "the secrets are in $PWD; the token of the service is in $PWD/tokens"
