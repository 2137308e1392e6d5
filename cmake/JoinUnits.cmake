# join_units(<target>…): the units of a room go through the compiler eight at a time, so that the
# headers of the standard library, fmt and json are read, and their templates written, once for eight.
# The program's CLI11 alone was 5 s of each unit. A name that two units of a room keep to themselves
# must differ, which -DKERNELGATE_JOIN_UNITS=OFF does not ask for: it compiles each unit alone, as
# clang-tidy and whoever edits one unit again and again want it.
option(KERNELGATE_JOIN_UNITS "Compile the harness's and the reference's units eight at a time" ON)

function(join_units)
  if(KERNELGATE_JOIN_UNITS)
    set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
