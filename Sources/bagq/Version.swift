/// This program's version, `bagq --version`. The database's own version is its schema, which `bagq doctor` shows.
let version = "0.8.0"
