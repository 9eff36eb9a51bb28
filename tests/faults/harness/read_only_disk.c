/* Loaded before the C library: writes fail as on a disk that the kernel has made read-only after an error
   (errno EROFS), while the file that READ_ONLY_SIGN names exists. Only databases and their logs are
   refused: files whose path holds READ_ONLY_NAME. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int refused(int descriptor) {
    const char *sign = getenv("READ_ONLY_SIGN"), *name = getenv("READ_ONLY_NAME");
    char link[64], path[PATH_MAX];
    if (sign == NULL || name == NULL || access(sign, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, name) != NULL;
}

#define REFUSING(result, name, parameters, arguments)                                   \
    result name parameters {                                                            \
        static result(*real) parameters;                                                \
        if (real == NULL) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);         \
        if (refused(descriptor)) {                                                      \
            errno = EROFS;                                                              \
            return -1;                                                                  \
        }                                                                               \
        return real arguments;                                                          \
    }

REFUSING(ssize_t, pwrite64, (int descriptor, const void *bytes, size_t count, off64_t at), (descriptor, bytes, count, at))
REFUSING(ssize_t, pwrite, (int descriptor, const void *bytes, size_t count, off_t at), (descriptor, bytes, count, at))
REFUSING(ssize_t, write, (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count))
REFUSING(int, ftruncate64, (int descriptor, off64_t length), (descriptor, length))
REFUSING(int, ftruncate, (int descriptor, off_t length), (descriptor, length))
