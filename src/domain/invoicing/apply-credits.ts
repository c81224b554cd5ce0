/** A credit note's balance or a wallet's, in the currency of the invoice. */
export interface Credit {
  readonly id: string;
  readonly balanceCents: bigint;
}

export interface AppliedCredits {
  readonly taken: readonly { readonly id: string; readonly amountCents: bigint }[];
  readonly toPayCents: bigint;
}

/** Takes what an invoice is about from credits in the order given, tax included: credit notes oldest first, then wallets. */
export function applyCredits(totalCents: bigint, credits: readonly Credit[]): AppliedCredits {
  let open = totalCents > 0n ? totalCents : 0n;
  const taken: { id: string; amountCents: bigint }[] = [];
  for (const { id, balanceCents } of credits) {
    const amountCents = balanceCents < open ? balanceCents : open;
    if (amountCents <= 0n) continue;
    taken.push({ id, amountCents });
    open -= amountCents;
  }
  return { taken, toPayCents: open };
}

/** Wallets: the smaller number comes first, of equal ones the older. */
export const byPriority = <Wallet extends { readonly priority: number; readonly createdAt: string }>(
  wallets: readonly Wallet[],
): readonly Wallet[] =>
  wallets.toSorted((a, b) => a.priority - b.priority || (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
