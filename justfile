# The loop: `just check` while you work, `just test` before you send a change, `just night` once in a while. CONTRIBUTING.md says how long each takes.

# What there is.
default:
    @just --list

# Format, lints, types, unit and vector tests: everything that needs no other program.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
    test -d web/node_modules || npm --prefix web ci --no-audit --no-fund --silent
    cd web && npx --no-install tsc --project .
    cargo nextest run --workspace --locked --profile quick --lib --bins --test quick

# Everything, as CI does.
test:
    tests/run

# The long forms: two hundred kills and power cuts, every fuzz target for SECONDS. Needs root, loop devices, cargo-fuzz.
night SECONDS="3600":
    -SOFTINFO_KILLS=200 SOFTINFO_CUTS=200 cargo nextest run -p softinfo-tests --locked --test root --no-capture durable::
    nice -n 19 fuzz/run {{ SECONDS }}

# The measurements, as ratios of two figures from the same run.
measure:
    cargo build --release --locked
    cargo bench --locked -p softinfo-benches --bench intake --bench upload --bench start --bench crowd
    SOFTINFO_BIN_DIR="$PWD/target/release" node benches/page.mjs
    if command -v rage >/dev/null; then cargo bench --locked -p softinfo-benches --bench seal; else echo "seal is not measured: it needs rage (cargo install rage)"; fi

# The page, and the example directory that names its hash. Commit both.
page:
    npm --prefix web ci --no-audit --no-fund --silent
    cargo build --release --locked --quiet --package softinfo-desk-web
    keys-example/make directory

# What the programs print, written anew into tests/system/messages: look at the difference as its reader would.
messages:
    SNAPSHOTS=overwrite cargo nextest run -p softinfo-tests --locked --test system messages::
