/* An SMTP server that takes every message, keeps none, and costs little: so that what is measured
 * is the sender. One thread, epoll, loopback only. Offers PIPELINING (RFC 2920), so it reads
 * commands and bodies in whatever pieces they come.
 *
 * Usage: sink PORT. Says "ready" when it listens; at SIGTERM or SIGINT it says "mesg=N", the number
 * of messages that it took, and ends. Refuses a port that is in use.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, REPLIES = 8 * 1024, EVENTS = 64, LONGEST_REPLY = 256 };

static const char GREETING[] = "220 sink.example ESMTP\r\n";
static const char EHLO[] = "250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n"
                           "250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n";
static const char OK[] = "250 2.0.0 Ok\r\n";
static const char GO_ON[] = "354 Go on\r\n";
static const char BYE[] = "221 2.0.0 Bye\r\n";
static const char UNKNOWN[] = "502 5.5.2 Not here\r\n";

struct connection {
    int fd;
    int in_body;
    int ending;
    size_t held;               /* octets in `buffer` that are not dealt with */
    size_t said;               /* octets in `replies` */
    char replies[REPLIES];
    char buffer[BUFFER];
};

static unsigned long messages;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void say(struct connection *c, const char *words, size_t length) {
    memcpy(c->replies + c->said, words, length);
    c->said += length;
}

/* Replies are small and the client reads them: if the socket is full all the same, wait. */
static int flush(struct connection *c) {
    size_t sent = 0;
    while (sent < c->said) {
        ssize_t n = send(c->fd, c->replies + sent, c->said - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            usleep(100);
        else
            return -1;
    }
    c->said = 0;
    return 0;
}

static int is(const char *line, const char *verb) {
    return strncasecmp(line, verb, 4) == 0;
}

static void command(struct connection *c, const char *line, size_t length) {
    if (length < 4)
        say(c, UNKNOWN, sizeof UNKNOWN - 1);
    else if (is(line, "MAIL") || is(line, "RCPT") || is(line, "RSET") || is(line, "NOOP") || is(line, "HELO"))
        say(c, OK, sizeof OK - 1);
    else if (is(line, "DATA")) {
        say(c, GO_ON, sizeof GO_ON - 1);
        c->in_body = 1;
    } else if (is(line, "EHLO"))
        say(c, EHLO, sizeof EHLO - 1);
    else if (is(line, "QUIT")) {
        say(c, BYE, sizeof BYE - 1);
        c->ending = 1;
    } else
        say(c, UNKNOWN, sizeof UNKNOWN - 1);
}

/* Finds the line that is a lone dot (RFC 5321 section 4.1.1.4); `from` is the begin of a line.
 * Returns what follows it, or NULL with *rest at the begin of the last, unfinished line. */
static char *after_dot(char *from, char *end, char **rest) {
    char *line = from;
    for (;;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        if (newline == NULL) {
            *rest = line;
            return NULL;
        }
        if (newline - line == 2 && line[0] == '.' && line[1] == '\r')
            return newline + 1;
        line = newline + 1;
    }
}

/* Deals with all that is whole in the buffer; moves the rest to its front. -1: hang up. */
static int digest(struct connection *c) {
    char *at = c->buffer, *end = c->buffer + c->held;
    while (at < end && !c->ending) {
        if (c->said > REPLIES - LONGEST_REPLY && flush(c) < 0)
            return -1;
        if (c->in_body) {
            char *rest = at, *next = after_dot(at, end, &rest);
            if (next == NULL) {
                at = rest;
                break;
            }
            messages++;
            c->in_body = 0;
            say(c, OK, sizeof OK - 1);
            at = next;
        } else {
            char *newline = memchr(at, '\n', (size_t)(end - at));
            if (newline == NULL)
                break;
            command(c, at, (size_t)(newline - at));
            at = newline + 1;
        }
    }
    c->held = (size_t)(end - at);
    if (c->held == BUFFER) /* a line of 256 KB: nothing that a mail client sends */
        return -1;
    memmove(c->buffer, at, c->held);
    if (flush(c) < 0)
        return -1;
    return c->ending ? -1 : 0;
}

static void hang_up(struct connection *c) {
    close(c->fd);
    free(c);
}

static void hear(struct connection *c) {
    ssize_t n = recv(c->fd, c->buffer + c->held, BUFFER - c->held, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(c);
        return;
    }
    c->held += (size_t)n;
    if (digest(c) < 0)
        hang_up(c);
}

static void greet(int poll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = malloc(sizeof *c);
    if (c == NULL)
        fail("malloc");
    c->fd = fd;
    c->in_body = c->ending = 0;
    c->held = c->said = 0;
    say(c, GREETING, sizeof GREETING - 1);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (flush(c) < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0)
        hang_up(c);
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        fail("socket");
    if (bind(fd, (struct sockaddr *)&place, sizeof place) < 0 || listen(fd, 256) < 0)
        fail("this port cannot be had");
    return fd;
}

int main(int argc, char **argv) {
    int port = argc == 2 ? atoi(argv[1]) : 0;
    if (port < 1 || port > 65535) {
        fprintf(stderr, "usage: sink PORT\n");
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    int listener = listen_on(port), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event by_listener = {.events = EPOLLIN, .data.ptr = &listener};
    struct epoll_event by_signal = {.events = EPOLLIN, .data.ptr = &signals};
    if (signals < 0 || poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &by_listener) < 0
        || epoll_ctl(poll, EPOLL_CTL_ADD, signals, &by_signal) < 0)
        fail("epoll");
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        int found = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < found; i++) {
            if (events[i].data.ptr == &signals) {
                printf("mesg=%lu\n", messages);
                return 0;
            }
            if (events[i].data.ptr == &listener)
                greet(poll, listener);
            else
                hear(events[i].data.ptr);
        }
    }
}
