/* Watches what a process does to one directory, and lets chosen calls fail.
 *
 * Loaded with LD_PRELOAD, it stands between the process and the C library, so that Python and
 * Rust are seen alike. Each call that changes something below the watched directory is appended
 * to a trace, with its bytes, in the order in which the calls happened; witness.py reads it. A
 * call that was told to fail returns an error instead of doing its work, or after it. The clock
 * can be shifted. Linux, 64 bits.
 *
 * Nothing here calls the wrapped functions of the C library: system calls are made directly.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { MARK, CREATE, WRITE, TRUNCATE, MAKE_DIRECTORY, LINK, RENAME, UNLINK, SYNC, SYNC_DIRECTORY };

enum mode { FAIL, FAIL_AFTERWARDS, FAIL_HALFWAY };

struct record { /* "=IIQqQ" in witness.py; the path and the data follow */
    uint32_t kind;
    uint32_t path_length;
    uint64_t inode;
    int64_t offset;
    uint64_t data_length;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char watched[PATH_MAX];
static size_t watched_length;
static int trace = -1;
static int64_t clock_shift_s;
long witness_counted_calls; /* since witness_fail */

static struct {
    unsigned kinds;      /* a bit per kind that counts */
    char where[NAME_MAX]; /* only paths that contain this */
    long first, last;    /* which of the counted calls fail, from 1 */
    int error;
    enum mode mode;
} plan;

/* ---- what the test calls ---------------------------------------------------------------- */

int witness_watch(const char *directory, const char *trace_path)
{
    if (trace >= 0)
        syscall(SYS_close, trace);
    memset(&plan, 0, sizeof plan);
    snprintf(watched, sizeof watched, "%s", directory);
    watched_length = strlen(watched);
    trace = syscall(SYS_openat, AT_FDCWD, trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return trace < 0 ? errno : 0;
}

void witness_fail(unsigned kinds, const char *where, long first, long last, int error, int mode)
{
    pthread_mutex_lock(&guard);
    plan.kinds = kinds;
    snprintf(plan.where, sizeof plan.where, "%s", where);
    plan.first = first;
    plan.last = last;
    witness_counted_calls = 0;
    plan.error = error;
    plan.mode = mode;
    pthread_mutex_unlock(&guard);
}

void witness_shift_clock(int64_t seconds) { clock_shift_s = seconds; }

/* ---- the trace -------------------------------------------------------------------------- */

static void enter(void)
{
    pthread_mutex_lock(&guard); /* threads */
    flock(trace, LOCK_EX);      /* processes that share a trace */
}

static void leave(void)
{
    int kept = errno;
    flock(trace, LOCK_UN);
    pthread_mutex_unlock(&guard);
    errno = kept;
}

static void note(enum kind kind, const char *path, uint64_t inode, int64_t offset, const void *data,
                 size_t length)
{
    struct record head = {kind, strlen(path), inode, offset, length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)data, length}};
    ssize_t want = sizeof head + head.path_length + length;
    int kept = errno;
    if (syscall(SYS_writev, trace, parts, 3) != want)
        abort(); /* a trace with a hole would prove nothing */
    errno = kept;
}

void witness_mark(const char *text)
{
    if (trace < 0)
        return; /* nothing is watched yet */
    enter();
    note(MARK, "", 0, 0, text, strlen(text));
    leave();
}

/* ---- which calls matter ----------------------------------------------------------------- */

static int is_watched(const char *path)
{
    return watched_length && !strncmp(path, watched, watched_length)
           && (path[watched_length] == '/' || !path[watched_length]);
}

static int target_of(const char *link, char *out)
{
    int kept = errno;
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    errno = kept;
    out[length < 0 ? 0 : length] = 0;
    return length > 0;
}

/* The path behind a descriptor; a deleted file keeps its old one. */
static int path_of(int fd, char *out)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return watched_length && target_of(link, out) && is_watched(out);
}

static int resolve(int dirfd, const char *path, char *out)
{
    char link[64], base[PATH_MAX];
    if (!watched_length)
        return 0;
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
    } else {
        if (dirfd == AT_FDCWD)
            snprintf(link, sizeof link, "/proc/self/cwd");
        else
            snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        if (!target_of(link, base) || snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX)
            return 0;
    }
    return is_watched(out);
}

static uint64_t inode_of(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

/* Says whether this call was chosen to fail, and counts it. */
static int chosen(enum kind kind, const char *path)
{
    if (!(plan.kinds >> kind & 1) || !strstr(path, plan.where))
        return 0;
    witness_counted_calls++;
    return witness_counted_calls >= plan.first && witness_counted_calls <= plan.last;
}

static int refused(void)
{
    errno = plan.error;
    return -1;
}

/* A call that changes names: do it, note it, or fail before or after. */
#define CHANGE_NAMES(KIND, PATH, OTHER, CALL)                                                        \
    do {                                                                                           \
        enter();                                                                                   \
        int fails = chosen(KIND, PATH);                                                            \
        long result = fails && plan.mode != FAIL_AFTERWARDS ? refused() : (CALL);                  \
        if (!result)                                                                               \
            note(KIND, PATH, 0, 0, OTHER, strlen(OTHER));                                          \
        if (fails && !result)                                                                      \
            result = refused();                                                                    \
        leave();                                                                                   \
        return result;                                                                             \
    } while (0)

/* ---- opening ---------------------------------------------------------------------------- */

static int open_file(int dirfd, const char *path, int flags, mode_t mode)
{
    char full[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !resolve(dirfd, path, full))
        return syscall(SYS_openat, dirfd, path, flags, mode);
    enter();
    struct stat found;
    int existed = !syscall(SYS_newfstatat, AT_FDCWD, full, &found, 0);
    enum kind kind = existed ? TRUNCATE : CREATE;
    int changes = !existed || (flags & O_TRUNC);
    int fails = changes && chosen(kind, full);
    int fd = fails && plan.mode != FAIL_AFTERWARDS ? refused()
                                                   : (int)syscall(SYS_openat, dirfd, path, flags, mode);
    if (fd >= 0 && changes)
        note(kind, full, inode_of(fd), 0, NULL, 0);
    if (fails && fd >= 0) {
        syscall(SYS_close, fd);
        fd = refused();
    }
    leave();
    return fd;
}

#define MODE_ARGUMENT(FLAGS)                                                                         \
    mode_t mode = 0;                                                                               \
    if ((FLAGS) & (O_CREAT | __O_TMPFILE)) {                                                       \
        va_list arguments;                                                                         \
        va_start(arguments, FLAGS);                                                                \
        mode = va_arg(arguments, mode_t);                                                          \
        va_end(arguments);                                                                         \
    }

int open(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int dirfd, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    return open_file(dirfd, path, flags, mode);
}

int openat64(int dirfd, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    return open_file(dirfd, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
    return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* ---- bytes ------------------------------------------------------------------------------ */

/* Write at an offset, or where the descriptor stands if it is negative. */
static ssize_t write_bytes(int fd, const void *data, size_t length, off_t offset)
{
    char path[PATH_MAX];
    int here = path_of(fd, path);
    if (here)
        enter();
    int fails = here && chosen(WRITE, path);
    if (fails && plan.mode == FAIL_HALFWAY)
        length /= 2;
    ssize_t done = fails && (plan.mode == FAIL || !length) ? refused()
                   : offset < 0 ? syscall(SYS_write, fd, data, length)
                                : syscall(SYS_pwrite64, fd, data, length, offset);
    if (here && done > 0) {
        if (offset < 0)
            offset = syscall(SYS_lseek, fd, 0, SEEK_CUR) - done;
        note(WRITE, path, inode_of(fd), offset, data, done);
    }
    if (fails && plan.mode == FAIL_AFTERWARDS && done >= 0)
        done = refused();
    if (here)
        leave();
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return write_bytes(fd, data, length, -1); }

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    return write_bytes(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset)
{
    return write_bytes(fd, data, length, offset);
}

/* Writing less than was asked for is allowed: callers go on with the rest. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return syscall(SYS_writev, fd, parts, count);
    for (int each = 0; each < count; each++)
        if (parts[each].iov_len)
            return write_bytes(fd, parts[each].iov_base, parts[each].iov_len, -1);
    return 0;
}

int ftruncate(int fd, off_t length)
{
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return syscall(SYS_ftruncate, fd, length);
    enter();
    int fails = chosen(TRUNCATE, path);
    int result = fails && plan.mode != FAIL_AFTERWARDS ? refused() : (int)syscall(SYS_ftruncate, fd, length);
    if (!result)
        note(TRUNCATE, path, inode_of(fd), length, NULL, 0);
    if (fails && !result)
        result = refused();
    leave();
    return result;
}

int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int sync_file(long call, int fd)
{
    char path[PATH_MAX];
    struct stat found;
    if (!path_of(fd, path) || fstat(fd, &found))
        return syscall(call, fd);
    enum kind kind = S_ISDIR(found.st_mode) ? SYNC_DIRECTORY : SYNC;
    enter();
    int fails = chosen(kind, path);
    /* The disk itself is not waited for: what a sync promises is the model's business. */
    if (!fails || plan.mode == FAIL_AFTERWARDS)
        note(kind, path, found.st_ino, 0, NULL, 0);
    int result = fails ? refused() : 0;
    leave();
    return result;
}

int fsync(int fd) { return sync_file(SYS_fsync, fd); }

int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

/* ---- names ------------------------------------------------------------------------------ */

int mkdirat(int dirfd, const char *path, mode_t mode)
{
    char full[PATH_MAX];
    if (!resolve(dirfd, path, full))
        return syscall(SYS_mkdirat, dirfd, path, mode);
    CHANGE_NAMES(MAKE_DIRECTORY, full, "", syscall(SYS_mkdirat, dirfd, path, mode));
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    char source[PATH_MAX], target[PATH_MAX];
    if (!resolve(from_fd, from, source) || !resolve(to_fd, to, target))
        return syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
    CHANGE_NAMES(LINK, target, source, syscall(SYS_linkat, from_fd, from, to_fd, to, flags));
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    char source[PATH_MAX], target[PATH_MAX];
    if (!resolve(from_fd, from, source) || !resolve(to_fd, to, target))
        return syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    CHANGE_NAMES(RENAME, target, source, syscall(SYS_renameat2, from_fd, from, to_fd, to, flags));
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int dirfd, const char *path, int flags)
{
    char full[PATH_MAX];
    if (!resolve(dirfd, path, full))
        return syscall(SYS_unlinkat, dirfd, path, flags);
    CHANGE_NAMES(UNLINK, full, "", syscall(SYS_unlinkat, dirfd, path, flags));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

/* ---- time ------------------------------------------------------------------------------- */

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = syscall(SYS_clock_gettime, id, now);
    if (!result && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_shift_s;
    return result;
}

int gettimeofday(struct timeval *now, void *zone)
{
    int result = syscall(SYS_gettimeofday, now, zone);
    if (!result)
        now->tv_sec += clock_shift_s;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
