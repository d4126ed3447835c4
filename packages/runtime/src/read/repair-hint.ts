/** What to do where what is stored is not what it should be. */
export const repairHint = "`darklang doctor --repair` mends it; nothing that can be read is lost.";
