// Relates a trace to the current thread; shared by the race rules.
#pragma once

#include <algorithm>

#include "harness/checker/cell.hpp"
#include "harness/checker/checker.hpp"
#include "harness/checker/clock.hpp"

namespace kernelgate {

inline bool same_run(const Trace& trace, const Actor& actor) {
  return !(trace.flags & Trace::many_blocks) && trace.who / 1024U == actor.block->slot &&
         trace.stamp >= actor.block->start;
}

inline bool same_wave(const Trace& trace, const Actor& actor) {
  return !(trace.flags & Trace::many_waves) &&
         trace.who % 1024U / actor.wave->width == actor.wave->index;
}

// Adds a member that is unordered with those already in the set.
inline void join(Trace& set, const Actor& actor, Place place) {
  if (!same_run(set, actor)) {
    set.flags |= Trace::many_blocks;
  } else if (!same_wave(set, actor)) {
    set.flags |= Trace::many_waves;
  } else if (set.who != actor.who) {
    set.flags |= Trace::many_lanes;
  }
  set.stamp = std::max(set.stamp, actor.stamp);
  set.who = actor.who;
  set.place = place;
}

inline Trace trace_of(const Actor& actor, Place place) {
  return Trace{actor.stamp, place, actor.who, 0, 0};
}

inline const char* act_name(const Trace& trace, const char* plain) {
  return trace.flags & Trace::atomic ? name(static_cast<AtomicAct>(trace.act)) : plain;
}

}  // namespace kernelgate
