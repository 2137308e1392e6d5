# depfile_target(<variable> <file>): escapes the file's name as the target of a Makefile rule. Compilers write the
# argument of -MT unchanged, so a space in a path would end the name.
function(depfile_target variable file)
  string(REPLACE " " "\\ " name "${file}")
  set(${variable} "${name}" PARENT_SCOPE)
endfunction()
