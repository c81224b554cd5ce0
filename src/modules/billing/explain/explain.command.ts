import type { Command } from 'commander';
import { formatMajor } from '../../../domain/money/currency.ts';
import { answer, type Operate } from '../../../platform/start/operate.ts';
import { ExplainInvoice } from './explain-invoice.ts';

/** `florin explain <invoice> [--verify]`. */
export function registerExplainCommand(program: Command, operate: Operate): void {
  program
    .command('explain')
    .description('how an invoice came to its cents; --verify proves them and exits with 1 at the first difference')
    .argument('<invoice>', 'id or number')
    .option('--verify', 'compute it again from its derivations, and count its usage again from the events')
    .action((idOrNumber: string, { verify = false }: { verify?: boolean }) =>
      operate(async (app) => {
        const explain = app.get(ExplainInvoice);
        const explanation = await explain.execute(idOrNumber);
        if (verify) {
          const { fees, recounted, differences } = await explain.verify(explanation);
          const [first] = differences;
          if (first !== undefined) {
            answer(first);
            process.exitCode = 1;
            return;
          }
          answer(
            `${explanation.invoice.invoiceNumber ?? explanation.invoice.id} holds to the cent: ${fees} fees recomputed, ${recounted} recounted from events and other fees.`,
          );
          return;
        }
        for (const { fee, sentences } of explanation.fees) {
          answer(`${fee.name}: ${formatMajor(fee.amountCents, fee.currency)} ${fee.currency}`);
          for (const sentence of sentences) answer(`  ${sentence}`);
        }
      }),
    );
}
