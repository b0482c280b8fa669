// Ingest: the one path of an accepted event. Validate, commit together, publish, answer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/fanout/hub.h"
#include "core/metrics/registry.h"
#include "core/store/store.h"

namespace bus::ingest {

// What became of one event that was handed in, in the order of handing in.
using Answer = Result<store::Appended>;
using Answers = std::vector<Answer>;
// Called exactly once, from any thread, and must not block. Also called, with errors, for what a stop cuts
// off.
using Done = std::function<void(Answers)>;

enum class Durability {
  commit,  // answered after the commit: safe against a kill of the process
  disk,    // answered after it is safe against power loss, too
};

// How a submission gets to the store.
enum class Hand {
  queue,   // joins the group that the writer thread commits next; waits while the queue is full
  pass,    // the same, but never waits: the caller bounds what it hands in
  direct,  // commits at once on the caller's thread if nobody else is committing, which saves two wake-ups;
           // else, or when they are many, as `pass`
};

// Safe for concurrent use. Events of one submission are stored in their order, next to each other, in one
// commit.
class Ingest {
 public:
  Ingest(store::Store& store, fanout::Hub& hub, metrics::Registry& metrics);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  void submit(std::vector<store::NewEvent> events, Durability durability, Hand hand, Done done);
  // The same, and waits for the answers.
  Answers append(std::vector<store::NewEvent> events, Durability durability, Hand hand = Hand::queue);

  // Commits what is queued, answers everybody, and refuses what comes later (Code::stopping). May be called
  // twice.
  void stop();

  // The last failure to commit, until a commit works again; empty when all is well.
  std::string trouble() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::ingest
