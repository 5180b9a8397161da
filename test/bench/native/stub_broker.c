// A broker that answers at once with what stands in a folder: <folder>/<method>.json.
//
//   stub_broker <address of the bus> <folder>
//
// The text @EXPIRES@ in an answer becomes the time a minute from now, in milliseconds. Says "ready" on
// standard output when it owns the broker's name, and the last request of each method on SIGUSR1, one JSON
// text a line.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define NAME "com.microsoft.identity.broker1"
#define PATH "/com/microsoft/identity/broker1"
#define INTERFACE "com.microsoft.identity.Broker1"
#define MARK "@EXPIRES@"
#define LIFETIME_IN_MS 60000

static const char* const kMethods[] = {
    "getAccounts",           "acquireTokenSilently", "acquireTokenInteractively",
    "getLinuxBrokerVersion", "removeAccount",        "acquirePrtSsoCookie"};
#define METHODS (sizeof kMethods / sizeof *kMethods)

struct Answer {
  const char* method;
  char* text;
  char* last_request;
};

static struct Answer answers[METHODS];

static void check(int r, const char* what) {
  if (r >= 0) return;
  fprintf(stderr, "stub_broker: %s: %s\n", what, strerror(-r));
  exit(1);
}

static char* read_answer(const char* folder, const char* method) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.json", folder, method);
  FILE* file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  char* text = calloc(1, size + 1);
  if (fread(text, 1, size, file) != (size_t)size) check(-EIO, path);
  fclose(file);
  return text;
}

/** Writes the time over the marks, which are shorter than it: the answer is made with room for that. */
static char* with_expiry(const char* text) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char time[32];
  const int length = snprintf(time, sizeof time, "%lld",
                              (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 + LIFETIME_IN_MS);
  char* result = malloc(strlen(text) * 2 + 1);
  char* end = result;
  for (const char* mark; (mark = strstr(text, MARK)); text = mark + strlen(MARK)) {
    memcpy(end, text, mark - text);
    end += mark - text;
    memcpy(end, time, length);
    end += length;
  }
  strcpy(end, text);
  return result;
}

static int on_call(sd_bus_message* call, void* userdata, sd_bus_error* error) {
  (void)userdata;
  if (!sd_bus_message_is_method_call(call, INTERFACE, NULL)) return 0;
  const char *version, *correlation_id, *request;
  const int r = sd_bus_message_read(call, "sss", &version, &correlation_id, &request);
  if (r < 0) return r;
  const char* member = sd_bus_message_get_member(call);
  for (struct Answer* answer = answers; answer != answers + METHODS; answer++) {
    if (!answer->text || strcmp(answer->method, member) != 0) continue;
    if (!answer->last_request || strcmp(answer->last_request, request) != 0) {
      free(answer->last_request);
      answer->last_request = strdup(request);
    }
    if (!strstr(answer->text, MARK)) return sd_bus_reply_method_return(call, "s", answer->text);
    char* text = with_expiry(answer->text);
    const int sent = sd_bus_reply_method_return(call, "s", text);
    free(text);
    return sent;
  }
  return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_METHOD, "The stub has no answer to %s.", member);
}

static int on_signal(sd_event_source* source, const struct signalfd_siginfo* info, void* userdata) {
  (void)source;
  (void)info;
  (void)userdata;
  for (struct Answer* answer = answers; answer != answers + METHODS; answer++) {
    if (answer->last_request) printf("%s %s\n", answer->method, answer->last_request);
  }
  printf("end\n");
  fflush(stdout);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: stub_broker <address> <folder>\n");
    return 2;
  }
  for (size_t i = 0; i < METHODS; i++) {
    answers[i] = (struct Answer){.method = kMethods[i], .text = read_answer(argv[2], kMethods[i])};
  }

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, NULL);

  sd_event* event = NULL;
  sd_bus* bus = NULL;
  check(sd_event_default(&event), "sd_event_default");
  check(sd_event_add_signal(event, NULL, SIGUSR1, on_signal, NULL), "sd_event_add_signal");
  check(sd_bus_new(&bus), "sd_bus_new");
  check(sd_bus_set_address(bus, argv[1]), "sd_bus_set_address");
  check(sd_bus_set_bus_client(bus, 1), "sd_bus_set_bus_client");
  check(sd_bus_start(bus), "sd_bus_start");
  check(sd_bus_add_object(bus, NULL, PATH, on_call, NULL), "sd_bus_add_object");
  check(sd_bus_request_name(bus, NAME, 0), "sd_bus_request_name");
  check(sd_bus_attach_event(bus, event, 0), "sd_bus_attach_event");
  check(sd_bus_set_exit_on_disconnect(bus, 1), "sd_bus_set_exit_on_disconnect");
  puts("ready");
  fflush(stdout);
  check(sd_event_loop(event), "sd_event_loop");
  return 0;
}
