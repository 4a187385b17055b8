/* The yardstick of the event queue: a plain binary heap in C under the hold model, doing exactly what
 * bench/hold-model.ts does (same increments, same order of ties, same hash).
 * Arguments: pending warm-up operations mean table seed.
 * Prints: nanoseconds per operation, hash, peak resident set in KiB. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
  double key;
  uint64_t serial;
  uint32_t slot;
} Event;

static Event *heap;
static long size = 0;
static uint64_t serial = 0;

static int before(const Event *a, const Event *b) {
  return a->key < b->key || (a->key == b->key && a->serial < b->serial);
}

static void push(double key, uint32_t slot) {
  Event event = {key, serial++, slot};
  long at = size++;
  while (at > 0) {
    long parent = (at - 1) / 2;
    if (before(&heap[parent], &event)) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = event;
}

static Event pop(void) {
  Event first = heap[0];
  Event last = heap[--size];
  long at = 0;
  for (;;) {
    long child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && before(&heap[child + 1], &heap[child])) child++;
    if (before(&last, &heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}

/* sfc32, as in bench/random.ts */
static uint32_t a = 0, b = 0, c, counter = 1;

static uint32_t draw(void) {
  uint32_t mixed = a + b + counter++;
  a = b ^ (b >> 9);
  b = c + (c << 3);
  c = ((c << 21) | (c >> 11)) + mixed;
  return mixed;
}

static uint32_t *increments;
static uint32_t mask;
static uint32_t drawn = 0;
static uint32_t hash = 0;

static double increment(void) { return increments[drawn++ & mask]; }

static void operate(long times) {
  for (long i = 0; i < times; i++) {
    Event event = pop();
    hash = ((hash ^ (uint32_t)(uint64_t)event.key) * 16777619u) ^ event.slot;
    push(event.key + increment(), event.slot);
  }
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  long pending = atol(arguments[1]), warm_up = atol(arguments[2]), operations = atol(arguments[3]);
  double mean = atof(arguments[4]);
  uint32_t table = (uint32_t)atol(arguments[5]);
  c = (uint32_t)atol(arguments[6]);
  heap = malloc(sizeof(Event) * (size_t)(pending + 1));
  increments = malloc(sizeof(uint32_t) * table);
  if (!heap || !increments) return 1;
  mask = table - 1;
  for (int i = 0; i < 12; i++) draw();
  for (uint32_t i = 0; i < table; i++) {
    increments[i] = (uint32_t)floor(-log((draw() + 0.5) / 4294967296.0) * mean + 0.5);
  }
  for (long slot = 0; slot < pending; slot++) push(increment(), (uint32_t)slot);
  operate(warm_up);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  operate(operations);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double ns = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%.3f %08x %ld\n", ns / (double)operations, hash, usage.ru_maxrss);
  return 0;
}
