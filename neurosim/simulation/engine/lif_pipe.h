// The worker's side of protocol.py.
#ifndef LIF_PIPE_H
#define LIF_PIPE_H
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#else
#include <poll.h>
#endif
namespace lif_pipe {
static int64_t kind, first_step, steps, seed_low, seed_high, times;
static double dt;
template <class T> static void receive(T *to, size_t n)
{
    if (std::fread(to, sizeof(T), n, stdin) != n) std::_Exit(3);
}
template <class T> static void send(const T *from, size_t n)
{
    if (std::fwrite(from, sizeof(T), n, stdout) != n || std::fflush(stdout)) std::_Exit(4);
}
// ends the process when the other end of standard input is closed: nobody waits for the answer
static void end_with_host()
{
#if !defined(_WIN32)
    struct pollfd host = {0, 0, 0};
    if (poll(&host, 1, 0) == 1 && (host.revents & (POLLHUP | POLLERR))) std::_Exit(5);
#endif
}
static bool request()
{
#if defined(_WIN32)
    static int once = _setmode(0, _O_BINARY) + _setmode(1, _O_BINARY);
#endif
    int64_t h[7];
    const size_t got = std::fread(h, 8, 7, stdin);
    if (got == 0) return false; // the host has closed the pipe
    if (got != 7) std::_Exit(3);
    kind = h[0]; first_step = h[1]; steps = h[2]; seed_low = h[3]; seed_high = h[4]; times = h[5];
    std::memcpy(&dt, &h[6], 8);
    return true;
}
}
#endif
