/** What other modules offer to model folders. */
@NullMarked
package dev.sampo.model.spi;

import org.jspecify.annotations.NullMarked;
