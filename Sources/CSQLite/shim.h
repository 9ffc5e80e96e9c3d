#if __has_include(<sqlite3.h>)
#include <sqlite3.h>
#else
#error "SQLite's header is missing: apt-get install libsqlite3-dev"
#endif
// statfs(2), which tells network file systems: SQLite must not be used on them.
#include <sys/vfs.h>
