/* Records the file-system calls a process makes below one folder, so that a power cut can be replayed from them.
 *
 * Built as a shared object and put before libc with LD_PRELOAD. TRELLIS_RECORD_FOLDER is the folder, TRELLIS_RECORD_LOG the
 * file the records go to. Every record is one write(2) to a descriptor opened with O_APPEND, so records of several threads
 * do not mix. Times are CLOCK_MONOTONIC nanoseconds, the same clock for every process of a machine.
 *
 * Record: u32 kind, u32 file, u64 began, u64 ended, u64 offset, u64 length, then `length` bytes.
 *   kind 1 open (bytes: path)   2 write at offset (bytes: data)   3 sync   4 set length (offset: new length)
 *        5 rename (bytes: from, 0, to)   6 unlink (bytes: path)   7 make folder (bytes: path)
 * `file` numbers opens; descriptors of the same path have different numbers.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 65536

static char folder[PATH_MAX];
static size_t folder_length;
static int log_descriptor = -1;
static uint32_t files[DESCRIPTORS];
static uint32_t next_file = 1;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((constructor)) static void begin(void) {
    const char *watched = getenv("TRELLIS_RECORD_FOLDER");
    const char *log = getenv("TRELLIS_RECORD_LOG");
    if (!watched || !log || !realpath(watched, folder)) return;
    folder_length = strlen(folder);
    log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void record(uint32_t kind, uint32_t file, uint64_t began, uint64_t offset, const void *data, uint64_t length) {
    struct { uint32_t kind, file; uint64_t began, ended, offset, length; } head = {kind, file, began, now(), offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, length}};
    syscall(SYS_writev, log_descriptor, parts, 2);
}

/* The absolute path of an existing or just created file or folder; 0 where it is not watched. */
static int watched(const char *path, char *absolute) {
    if (log_descriptor < 0) return 0;
    if (path[0] == '/') {
        snprintf(absolute, PATH_MAX, "%s", path);
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(absolute, PATH_MAX, "%s/%s", here, path);
    }
    return strncmp(absolute, folder, folder_length) == 0 && (absolute[folder_length] == '/' || !absolute[folder_length]);
}

static uint32_t file_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS ? files[descriptor] : 0;
}

static int opened(int descriptor, const char *path, int flags, uint64_t began) {
    char absolute[PATH_MAX];
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return descriptor;
    files[descriptor] = 0;
    if (!watched(path, absolute)) return descriptor;
    pthread_mutex_lock(&opening);
    uint32_t file = next_file++;
    pthread_mutex_unlock(&opening);
    files[descriptor] = file;
    record(1, file, began, (uint64_t)(uint32_t)flags, absolute, strlen(absolute));
    return descriptor;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        uint64_t began = now(); \
        return opened(real(path, flags, mode), path, flags, began); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) { \
        REAL(int, #name, int, const char *, int, ...); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        uint64_t began = now(); \
        return opened(real(at, path, flags, mode), path, flags, began); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor) {
    REAL(int, "close", int);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) files[descriptor] = 0;
    return real(descriptor);
}

ssize_t write(int descriptor, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    uint32_t file = file_of(descriptor);
    uint64_t began = now();
    /* Where it lands: the position before, or the end of the file for an appending descriptor. */
    off_t at = 0;
    if (file) {
        int append = fcntl(descriptor, F_GETFL) & O_APPEND;
        struct stat about;
        at = append && fstat(descriptor, &about) == 0 ? about.st_size : lseek(descriptor, 0, SEEK_CUR);
    }
    ssize_t wrote = real(descriptor, data, length);
    if (file && wrote > 0) record(2, file, began, (uint64_t)at, data, (uint64_t)wrote);
    return wrote;
}

#define PWRITE(name) \
    ssize_t name(int descriptor, const void *data, size_t length, off_t offset) { \
        REAL(ssize_t, #name, int, const void *, size_t, off_t); \
        uint32_t file = file_of(descriptor); \
        uint64_t began = now(); \
        ssize_t wrote = real(descriptor, data, length, offset); \
        if (file && wrote > 0) record(2, file, began, (uint64_t)offset, data, (uint64_t)wrote); \
        return wrote; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define SYNC(name) \
    int name(int descriptor) { \
        REAL(int, #name, int); \
        uint32_t file = file_of(descriptor); \
        uint64_t began = now(); \
        int result = real(descriptor); \
        if (file && result == 0) record(3, file, began, 0, "", 0); \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name) \
    int name(int descriptor, off_t length) { \
        REAL(int, #name, int, off_t); \
        uint32_t file = file_of(descriptor); \
        uint64_t began = now(); \
        int result = real(descriptor, length); \
        if (file && result == 0) record(4, file, began, (uint64_t)length, "", 0); \
        return result; \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    char both[2 * PATH_MAX], source[PATH_MAX], target[PATH_MAX];
    int is_watched = watched(from, source) && watched(to, target);
    uint64_t began = now();
    int result = real(from, to);
    if (is_watched && result == 0) {
        size_t first = strlen(source), second = strlen(target);
        memcpy(both, source, first + 1);
        memcpy(both + first + 1, target, second);
        record(5, 0, began, 0, both, first + 1 + second);
    }
    return result;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    char absolute[PATH_MAX];
    int is_watched = watched(path, absolute);
    uint64_t began = now();
    int result = real(path);
    if (is_watched && result == 0) record(6, 0, began, 0, absolute, strlen(absolute));
    return result;
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    char absolute[PATH_MAX];
    uint64_t began = now();
    int result = real(path, mode);
    if (result == 0 && watched(path, absolute)) record(7, 0, began, 0, absolute, strlen(absolute));
    return result;
}
