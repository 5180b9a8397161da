// The physical floor: the calls of a broker client made with sd-bus and nothing else. The answers are
// received, validated by sd-bus and looked at, but not understood.
//
//   floor_client <address> <method> <file with the request> <at once> <rounds> <rounds to warm up>
//   floor_client <address> absent <rounds>          asks for a broker that is not there, as a probe does
//
// Makes <at once> calls at a time, <rounds> times, and prints the latency of each call in nanoseconds, one a
// line, then one line: "total <ns> cpu <ns> rss <KiB> peak <KiB>".
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define NAME "com.microsoft.identity.broker1"
#define PATH "/com/microsoft/identity/broker1"
#define INTERFACE "com.microsoft.identity.Broker1"
#define CORRELATION_ID "00000000-0000-4000-8000-000000000001"

static sd_bus* bus;
static int pending;

struct Call {
  long long started;
  long long took;
};

static void check(int r, const char* what) {
  if (r >= 0) return;
  fprintf(stderr, "floor_client: %s: %s\n", what, strerror(-r));
  exit(1);
}

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int on_reply(sd_bus_message* reply, void* userdata, sd_bus_error* error) {
  (void)error;
  struct Call* call = userdata;
  const char* text = NULL;
  check(sd_bus_message_read(reply, "s", &text), "the answer");
  call->took = now(CLOCK_MONOTONIC) - call->started;
  pending--;
  return 1;
}

static void call_broker(const char* method, const char* request, struct Call* call) {
  call->started = now(CLOCK_MONOTONIC);
  pending++;
  check(sd_bus_call_method_async(bus, NULL, NAME, PATH, INTERFACE, method, on_reply, call, "sss", "0.0",
                                 CORRELATION_ID, request),
        method);
}

static void wait_for_all(void) {
  while (pending > 0) {
    const int r = sd_bus_process(bus, NULL);
    check(r, "sd_bus_process");
    if (r == 0) check(sd_bus_wait(bus, UINT64_MAX), "sd_bus_wait");
  }
}

static void ask_for_nobody(struct Call* call) {
  sd_bus_error error = SD_BUS_ERROR_NULL;
  call->started = now(CLOCK_MONOTONIC);
  // Both shall fail: nobody has the name, and nobody can be started for it.
  if (sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "GetNameOwner", &error, NULL, "s", NAME) >= 0)
    check(-EEXIST, "there is a broker");
  sd_bus_error_free(&error);
  if (sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "StartServiceByName", &error, NULL, "su", NAME, 0) >= 0)
    check(-EEXIST, "there is a broker");
  sd_bus_error_free(&error);
  call->took = now(CLOCK_MONOTONIC) - call->started;
}

static char* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) check(-errno, path);
  char* text = calloc(1, 1 << 20);
  if (fread(text, 1, (1 << 20) - 1, file) == 0) check(-EIO, path);
  fclose(file);
  return text;
}

static long resident(void) {
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*d %ld", &pages) != 1) check(-EIO, "statm");
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void connect_to(const char* address) {
  check(sd_bus_new(&bus), "sd_bus_new");
  check(sd_bus_set_address(bus, address), "sd_bus_set_address");
  check(sd_bus_set_bus_client(bus, 1), "sd_bus_set_bus_client");
  check(sd_bus_start(bus), "sd_bus_start");
}

static int get_first_token(char** argv) {
  const long before = resident();
  const long long started = now(CLOCK_MONOTONIC);
  struct Call call;
  connect_to(argv[1]);
  call_broker("getAccounts", read_file(argv[3]), &call);
  wait_for_all();
  call_broker("acquireTokenSilently", read_file(argv[4]), &call);
  wait_for_all();
  const long long total = now(CLOCK_MONOTONIC) - started;
  printf("total %lld cpu 0 rss %ld before %ld peak 0\n", total, resident(), before);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[2], "first") == 0) return get_first_token(argv);
  const int absent = argc == 4 && strcmp(argv[2], "absent") == 0;
  if (argc != 7 && !absent) {
    fprintf(stderr, "usage: floor_client <address> <method> <request file> <at once> <rounds> <warm-up>\n");
    return 2;
  }
  connect_to(argv[1]);

  char* request = absent ? NULL : read_file(argv[3]);
  const int at_once = absent ? 1 : atoi(argv[4]);
  const int rounds = atoi(argv[absent ? 3 : 5]);
  const int warm_up = absent ? 3 : atoi(argv[6]);
  struct Call* calls = calloc((size_t)at_once * (rounds > 0 ? rounds : 1), sizeof *calls);

  for (int i = 0; i < warm_up; i++) {
    if (absent) {
      ask_for_nobody(calls);
    } else {
      call_broker(argv[2], request, calls);
      wait_for_all();
    }
  }
  const long rss = resident();
  const long long started = now(CLOCK_MONOTONIC);
  const long long cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  for (int round = 0; round < rounds; round++) {
    struct Call* batch = calls + (size_t)round * at_once;
    for (int i = 0; i < at_once; i++) {
      if (absent)
        ask_for_nobody(batch + i);
      else
        call_broker(argv[2], request, batch + i);
    }
    wait_for_all();
  }
  const long long total = now(CLOCK_MONOTONIC) - started;
  const long long used = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  const long after = resident();
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  for (size_t i = 0; i < (size_t)at_once * rounds; i++) printf("%lld\n", calls[i].took);
  printf("total %lld cpu %lld rss %ld before %ld peak %ld\n", total, used, after, rss, usage.ru_maxrss);
  sd_bus_flush_close_unref(bus);
  return 0;
}
