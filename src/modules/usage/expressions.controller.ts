import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, ValidateNested } from 'class-validator';
import { Temporal } from 'temporal-polyfill';
import { invalid } from '../../domain/errors/billing-error.ts';
import { evaluateExpression } from '../../domain/metering/expression/evaluate-expression.ts';
import { parseExpression } from '../../domain/metering/expression/parse-expression.ts';
import { MinimumRole, OrganizationId } from '../../platform/auth/principal.ts';
import { Payload } from '../../platform/http/payload.ts';
import { decimalText } from '../../platform/http/strict-json.ts';
import { IsKey, IsRequiredText, IsText } from '../../platform/http/validators.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { readEventTime } from './event-time.ts';

class SampleEventInput {
  @IsOptional()
  @IsKey()
  code?: string;
  /** As an event's; absent: the organization's now. */
  @IsOptional()
  @Transform(({ value }) => decimalText(value) ?? (value as unknown))
  @IsText()
  timestamp?: string | null;
  @IsOptional()
  @IsObject()
  properties?: Readonly<Record<string, unknown>>;
}

class EvaluateExpressionInput {
  @IsRequiredText()
  expression: string;
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => SampleEventInput)
  event: SampleEventInput;
}

/** Tries a metric's expression on one event, as ingestion would evaluate it. */
@ApiTags('BillableMetrics')
@Controller('api/v1/billable_metrics/evaluate_expression')
export class ExpressionsController {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /** @throws BillingError validation_errors: what is wrong with the expression, or why it has no value for this event */
  @Post()
  @HttpCode(200)
  @MinimumRole('MEMBER')
  async evaluate(
    @OrganizationId() organizationId: string,
    @Payload('evaluation') { expression, event }: EvaluateExpressionInput,
  ) {
    const parsed = parseExpression(expression);
    if ('refused' in parsed) throw invalid({ expression: [parsed.refused] });
    const now = await this.organizationClock.now(organizationId);
    const at = event.timestamp === undefined || event.timestamp === null ? now.getTime() : readEventTime(event.timestamp);
    if (typeof at === 'string') throw invalid({ 'event.timestamp': [at] });
    const result = evaluateExpression(parsed.expression, {
      code: event.code ?? '',
      timestamp: Temporal.Instant.fromEpochMilliseconds(at),
      properties: event.properties ?? {},
    });
    if ('refused' in result) throw invalid({ 'event.properties': [result.refused] });
    return { expression_result: { value: typeof result.value === 'string' ? result.value : result.value.toDecimal() } };
  }
}
