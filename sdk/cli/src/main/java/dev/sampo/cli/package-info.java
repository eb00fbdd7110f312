/** The {@code sampo} command, one class a subcommand. */
@NullMarked
package dev.sampo.cli;

import org.jspecify.annotations.NullMarked;
