/** The errors that all modules raise on purpose; enter at {@link dev.sampo.error.SampoException}, their root. */
@NullMarked
package dev.sampo.error;

import org.jspecify.annotations.NullMarked;
