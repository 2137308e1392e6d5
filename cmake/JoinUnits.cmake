# join_units(<target>…): compiles the units of a module eight at a time, so that the headers of the
# standard library, fmt and json are parsed, and their templates instantiated, once for eight units. CLI11
# alone took 5 s of each unit of the program. File-local names of a module must differ between its units.
# -DKERNELGATE_JOIN_UNITS=OFF removes this restriction and compiles each unit alone, for clang-tidy and for
# repeated edits of one unit.
option(KERNELGATE_JOIN_UNITS "Compile the harness's and the reference's units eight at a time" ON)

function(join_units)
  if(KERNELGATE_JOIN_UNITS)
    set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
