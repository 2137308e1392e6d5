#include "tests/planted/planted_cases.hpp"

namespace kernelgate {

namespace {

// The usual case: the kernel `name` with and without the bug, in the same launch.
Planted bug(const std::string& name, FoundBy found_by, std::uint32_t blocks = 1,
            std::uint32_t threads = 256) {
  Planted p;
  p.name = name;
  p.found_by = found_by;
  p.mutant.kernel = name + "<bug";
  p.clean.kernel = name + "<clean";
  p.blocks = blocks;
  p.threads = threads;
  return p;
}

Planted only_at_64(Planted p) {
  p.at_32 = false;
  return p;
}

Planted on_garbage(Planted p) {
  p.output_is_garbage = true;
  return p;
}

Planted resident(Planted p, std::uint32_t blocks) {
  p.name += ", blocks together";
  p.mutant.options.resident_blocks = p.clean.options.resident_blocks = blocks;
  return p;
}

Planted yielding(Planted p, std::uint32_t every) {
  p.name += ", yielding";
  p.mutant.options.yield_every = p.clean.options.yield_every = every;
  return p;
}

// Sets a step limit for mutant and twin: low for a quick test, and above the twin's steps.
Planted impatient(Planted p, std::uint64_t steps = 10'000) {
  p.mutant.options.step_limit.steps = p.clean.options.step_limit.steps = steps;
  return p;
}

Planted third_pointer(const std::string& name, ThirdPointer third) {
  Planted p = bug("reads_z", FoundBy::bounds);
  p.name = name;
  p.mutant.third = third;
  return p;
}

}  // namespace

std::vector<Planted> planted_cases() {
  std::vector<Planted> all{
      bug("missing_barrier", FoundBy::race, 2),
      yielding(bug("missing_barrier", FoundBy::race, 2), 50),
      bug("warp_synchronous", FoundBy::race),
      bug("shuffle_is_no_barrier", FoundBy::race),
      bug("wrong_partial_mask", FoundBy::race),
      bug("buffer_reused", FoundBy::race),
      bug("cross_block_write", FoundBy::race, 5),
      resident(bug("cross_block_write", FoundBy::race, 5), 3),
      bug("cross_block_read", FoundBy::race, 5),
      resident(bug("cross_block_read", FoundBy::race, 5), 5),
      bug("missing_fence", FoundBy::race, 8),
      resident(bug("missing_fence", FoundBy::race, 8), 4),
      bug("missing_reader_fence", FoundBy::race, 8),
      bug("fence_of_one", FoundBy::race, 4),
      bug("scope_too_narrow", FoundBy::scope, 3),
      bug("atomic_and_plain", FoundBy::race),
      bug("atomics_read_too_soon", FoundBy::race),
      bug("same_value", FoundBy::race),
      bug("different_values", FoundBy::race),
      bug("neighbouring_bytes", FoundBy::race),
      bug("neighbouring_halves", FoundBy::race),
      bug("vector_over_scalar", FoundBy::race),
      bug("vector_partly_written", FoundBy::init),
      bug("misaligned_vector", FoundBy::align),
      bug("misaligned_vector_store", FoundBy::align),
      bug("struct_copy", FoundBy::race),
      bug("copies_by_memcpy", FoundBy::race),
      bug("clears_by_memset", FoundBy::race),
      bug("divergent_barrier", FoundBy::sync),
      bug("barrier_at_two_sites", FoundBy::sync),
      bug("early_return", FoundBy::sync),
      bug("barrier_in_uneven_loop", FoundBy::sync),
      bug("divergent_shuffle", FoundBy::sync),
      bug("reduction_in_two_arms", FoundBy::sync),
      bug("shuffle_out_of_the_block", FoundBy::sync, 1, 100),
      bug("shuffle_outside_of_the_mask", FoundBy::sync),
      bug("mask_without_the_caller", FoundBy::sync),
      bug("masks_that_differ", FoundBy::sync),
      only_at_64(bug("mask_of_32", FoundBy::sync)),
      only_at_64(bug("ballot_of_32", FoundBy::result)),
      only_at_64(bug("lane_of_32", FoundBy::result)),
      bug("lane_skips_its_write", FoundBy::init),
      bug("sum_on_fresh_lds", FoundBy::init),
      on_garbage(bug("output_read_first", FoundBy::init)),
      bug("lds_of_the_block_before", FoundBy::init, 3),
      bug("past_the_end", FoundBy::bounds),
      bug("before_the_start", FoundBy::bounds),
      bug("lds_index_times_8", FoundBy::bounds, 1, 1024),
      bug("into_the_next_member", FoundBy::ub),
      third_pointer("use_after_free", ThirdPointer::freed),
      third_pointer("host_memory", ThirdPointer::host),
      bug("reads_a_global", FoundBy::bounds),
      bug("null_pointer", FoundBy::bounds),
      bug("local_leaked", FoundBy::private_memory),
      bug("too_many_locals", FoundBy::bounds),
      bug("product_of_sizes", FoundBy::ub),
      bug("shift_by_the_width", FoundBy::ub),
      bug("division_by_zero", FoundBy::ub),
      impatient(bug("endless_loop", FoundBy::loop)),
      impatient(yielding(bug("endless_loop", FoundBy::loop), 50)),
      impatient(bug("loop_on_garbage", FoundBy::loop)),
      impatient(bug("endless_votes", FoundBy::loop)),
      impatient(bug("endless_barriers", FoundBy::loop)),
      impatient(bug("endless_fences", FoundBy::loop)),
  };

  // Two lanes of a wave wait for each other: a deadlock unless lanes are scheduled independently.
  Planted spin = bug("spin_wait", FoundBy::sync);
  spin.mutant.kernel = spin.clean.kernel;
  spin.clean.options.yield_every = 20;
  all.push_back(spin);

  // A thread that polls two flags in turn waits too and must yield to the thread that sets them.
  Planted flags = bug("lost_flag", FoundBy::loop);
  flags.mutant.options.step_limit.steps = 10'000;
  all.push_back(flags);

  Planted silent = bug("silent_loop", FoundBy::loop);
  silent.mutant.options.step_limit.silent_seconds = 0.05;
  all.push_back(silent);

  // Where same-value writes are allowed, `flag = 1` is clean and other values are not.
  Planted allowed = bug("different_values", FoundBy::race);
  allowed.name = "different_values, same-value writes allowed";
  allowed.mutant.options.same_value_writes = SameValueWrites::allowed;
  allowed.clean = {"same_value<bug", allowed.mutant.options};
  all.push_back(allowed);
  return all;
}

}  // namespace kernelgate
