import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsDefined, IsInt, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';
import { OrganizationId } from '../auth/principal.ts';
import { Payload } from '../http/payload.ts';
import { IsRequiredText } from '../http/validators.ts';
import { presentOperation } from './operation.presenter.ts';
import { ReportedOperations } from './reported-operations.ts';

const word = /^[a-z][a-z0-9_]{0,63}$/;

export class OpenOperationInput {
  /** What is done, as a word: `events_import`. */
  @IsDefined()
  @Matches(word, { message: 'value_is_invalid' })
  operation_type: string;
}

export class OperationProgressInput {
  @IsRequiredText()
  message: string;
  @IsDefined()
  @IsInt()
  @Min(0)
  @Max(100)
  progress_percent: number;
}

export class OperationResultInput {
  @IsOptional()
  @IsObject({ message: 'value_is_invalid' })
  result?: Record<string, unknown>;
}

export class OperationErrorInput {
  @IsRequiredText()
  error: string;
  @IsOptional()
  @Matches(word, { message: 'value_is_invalid' })
  error_type?: string;
}

/** Work of the caller's own, such as an import, for others to follow and to cancel like any operation. */
@ApiTags('Operations')
@Controller('api/v1/operations')
export class ReportedOperationsController {
  constructor(private readonly operations: ReportedOperations) {}

  @Post()
  @HttpCode(200)
  async open(@OrganizationId() organizationId: string, @Payload('operation') input: OpenOperationInput) {
    return { operation: presentOperation(await this.operations.open(organizationId, input.operation_type)) };
  }

  /** `cancel_requested` in the answer asks the caller to stop. */
  @Post(':id/progress')
  @HttpCode(200)
  async progress(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('operation') input: OperationProgressInput,
  ) {
    const { message, progress_percent: percent } = input;
    return { operation: presentOperation(await this.operations.progress(organizationId, id, message, percent)) };
  }

  @Post(':id/complete')
  @HttpCode(200)
  async complete(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('operation', { optional: true }) input: OperationResultInput,
  ) {
    return { operation: presentOperation(await this.operations.complete(organizationId, id, input.result ?? {})) };
  }

  @Post(':id/fail')
  @HttpCode(200)
  async fail(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('operation') input: OperationErrorInput,
  ) {
    const { error, error_type: type = 'failed' } = input;
    return { operation: presentOperation(await this.operations.fail(organizationId, id, error, type)) };
  }
}
