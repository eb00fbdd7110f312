/**
 * Models by name from the Hugging Face Hub. Enter at {@link dev.sampo.hub.Hub}: a name ({@link dev.sampo.hub.HubName}) becomes a folder in
 * the cache that Python's huggingface_hub uses too ({@link dev.sampo.hub.HubCache}), so what either side downloaded the other reads without
 * a request. No network unless asked.
 */
@NullMarked
package dev.sampo.hub;

import org.jspecify.annotations.NullMarked;
