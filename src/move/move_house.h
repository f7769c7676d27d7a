#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "blob/blobs.h"
#include "move/item_sum.h"
#include "move/mark.h"
#include "store/tables.h"
#include "vault/vault.h"

namespace msghub {

// Everything that a hub keeps, at one place.
struct House {
  Tables& tables;
  Blobs& blobs;
  const Vault& vault;
  std::string name;     // for people: "dynamodb in eu-central-1"
  bool shared = false;  // hubs may be using it now: they are asked after
};

struct MoveProgress {
  enum class Step { Measure, Blobs, Items, CheckItems, CheckBlobs };
  Step step{};
  std::int64_t done = 0;
  std::int64_t total = 0;  // 0: not known yet
};
std::string_view words_for(MoveProgress::Step step);

struct MoveOptions {
  SealedPlaces sealed;
  bool blobs_stay = false;  // both houses keep them at the same place
  std::function<void(const MoveProgress&)> progress = [](const MoveProgress&) {};
  std::function<bool()> stopping = [] { return false; };  // asked between pages
};

struct MoveReport {
  enum class End { Complete, CompleteBefore, Stopped, Different };
  End end{};
  Incoming mark;                         // what was moved, by table
  std::vector<std::string> differences;  // sentences, the first of each table and of the blobs
};

// What check_target looks at; it needs no key.
struct Target {
  Tables& tables;
  Blobs& blobs;
  std::string name;
  bool blobs_stay = false;
};

// Refuses (Conflict) a target that holds anything but the beginning of a move from `from`. For
// asking before the target's key is opened: that of another hub's store would not fit, and who
// mends that would move into a store in use. Changes nothing.
Task<Result<void>> check_target(Tables& from, Target target);

// Moves every item (expired ones, too) and every blob of `from` into `to`, puts sealed texts under
// the key of `to` where that cannot open them, reads `to` back, and compares: the number of items
// and an ItemSum for each table, the secrets, and path and SHA-256 of each blob.
//
// Both houses are paused from the beginning on and stay so; `to` cannot be resumed before it is
// complete. The move can be cut off anywhere: the next call with the same houses goes on, from the
// last page that was written down, or from the beginning when the source has changed. What differs
// in the end is named, and the next call copies all anew.
//
// Refuses (Conflict) a `to` that holds anything but the beginning of this move, a `from` into which
// a move has not ended, and a house in which a hub lives. Throws Failure: Never also for an item or
// secret that cannot be moved, which the text names. Memory: a page of items or a few blobs at a
// time. Call on an executor with one thread.
Task<Result<MoveReport>> move_house(House from, House to, const Clock& clock, MoveOptions options);

}  // namespace msghub
